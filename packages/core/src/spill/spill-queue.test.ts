import type { FileHandle } from 'node:fs/promises';
import * as promises from 'node:fs/promises';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { batchOf, identityOfProcess, ledgerOf } from './spill.fixture.js';
import { spillFileOf } from './spill-file.js';
import { SpillQueue } from './spill-queue.js';
import { type SpillContent, scanSpill } from './spill-scan.js';

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof promises>();
  return { ...actual, open: vi.fn(actual.open), unlink: vi.fn(actual.unlink) };
});

let directory: string;
let database: string;
let file: string;
let reports: [DiagnosticCode, string][];

beforeEach(async () => {
  directory = temporaryDirectory();
  database = join(directory, 'ferret.db');
  file = spillFileOf(database, 'p');
  reports = [];
});

afterEach(async () => {
  vi.mocked(promises.open).mockReset();
  vi.mocked(promises.unlink).mockReset();
  await rm(directory, { recursive: true, force: true });
});

const queue = (maxBytes = 1024 * 1024, path = database) =>
  new SpillQueue(path, identityOfProcess('p'), maxBytes, (code, message) => reports.push([code, message]));

/** The next file is opened with a handle that does this instead. */
function onHandle(change: (handle: FileHandle) => Partial<FileHandle>): void {
  const { open } = promises;
  const actual = vi.mocked(open).getMockImplementation()!;
  vi.mocked(open).mockImplementationOnce(async (...parameters) => {
    const handle = await actual(...parameters);
    return Object.assign(handle, change(handle));
  });
}

async function scan(path: string): Promise<SpillContent> {
  const handle = await promises.open(path);
  try {
    return await scanSpill(handle);
  } finally {
    await handle.close();
  }
}

async function idsIn(queue: SpillQueue): Promise<unknown[]> {
  const ids: unknown[] = [];
  while (queue.length > 0) {
    const first = await queue.first();
    ids.push('id' in first ? first.id : first);
    await queue.shift();
  }
  return ids;
}

describe('the spill file', () => {
  it('gives back what it was given, in order', async () => {
    const spill = queue();
    const [one, two] = [batchOf(1, 3), batchOf(2)];
    expect([await spill.append(one), await spill.append(two), spill.length]).toEqual([true, true, 2]);
    const first = await spill.first();
    expect(first).toMatchObject({ id: 1, ledger: one.ledger, spans: { length: 3 } });
    expect(await idsIn(spill)).toEqual([1, 2]);
  });

  it('is private, and there only while it holds something', async () => {
    const spill = queue();
    expect(await readdir(directory)).toEqual([]);
    for (let round = 0; round < 3; round += 1) {
      await spill.append(batchOf(round));
      expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
      await spill.shift();
      expect(await readdir(directory)).toEqual([]);
    }
    await spill.append(batchOf(3));
    await spill.shift();
    await spill.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is made with its directory', async () => {
    const spill = queue(1024, join(directory, 'a', 'ferret.db'));
    expect(await spill.append(batchOf(1))).toBe(true);
    await spill.close();
    expect(await readdir(join(directory, 'a'))).toEqual(['ferret.db.spill-p']);
  });

  it('grows to its limit and no further, and has room again once it is empty', async () => {
    const spill = queue(2_000);
    let kept = 0;
    while (await spill.append(batchOf(kept + 1))) kept += 1;
    expect(kept).toBeGreaterThan(1);
    expect((await stat(file)).size).toBeLessThanOrEqual(2_000);
    expect(reports).toEqual([['SPILL_FAILED', expect.stringContaining('maxSpillMegabytes')]]);
    expect(spill.appendSync(batchOf(kept + 1))).toBe(false);
    expect(await idsIn(spill)).toHaveLength(kept);
    expect(await spill.append(batchOf(9))).toBe(true);
    await spill.close();
  });

  it('has no more room than the files of other processes leave', async () => {
    const another = spillFileOf(database, 'another');
    await writeFile(another, Buffer.alloc(98_000));
    const spill = queue(100_000);
    expect(await spill.append(batchOf(1))).toBe(true);
    expect(await spill.append(batchOf(2, 20))).toBe(false);
    await spill.shift();
    await rm(another);
    expect(await spill.append(batchOf(2, 20))).toBe(true);
    await spill.close();
  });

  it('counts every other file as a block of the disk at least, so that there are not too many', async () => {
    for (let index = 0; index < 4; index += 1) await writeFile(spillFileOf(database, `other-${index}`), '{}');
    expect(await queue(16_384).append(batchOf(1))).toBe(false);
    expect(reports).toEqual([['SPILL_FAILED', expect.stringContaining('maxSpillMegabytes')]]);
    const spill = queue(20_000);
    expect(await spill.append(batchOf(1))).toBe(true);
    await spill.close();
  });

  it('is not removed beneath a batch that is being appended', async () => {
    const spill = queue();
    let finish = () => {};
    onHandle((handle) => {
      const write = handle.write.bind(handle) as (line: Buffer) => ReturnType<FileHandle['write']>;
      let writes = 0;
      const slow = async (line: Buffer) => {
        writes += 1;
        if (writes === 2) await new Promise<void>((resolve) => (finish = resolve));
        return write(line);
      };
      return { write: slow as never };
    });
    await spill.append(batchOf(1));
    const appended = spill.append(batchOf(2));
    await spill.shift();
    finish();
    expect(await appended).toBe(true);
    expect(await idsIn(spill)).toEqual([2]);
    expect([await readdir(directory), reports]).toEqual([[], []]);
  });

  it('may be filled again while it is being removed', async () => {
    const spill = queue();
    await spill.append(batchOf(1));
    const removed = spill.shift();
    expect(await spill.append(batchOf(2))).toBe(true);
    await removed;
    expect(await idsIn(spill)).toEqual([2]);
    expect(reports).toEqual([]);
  });
});

describe('at the end of the process', () => {
  it('batches are appended at once, behind those that are there, with the word that nothing follows', async () => {
    const spill = queue();
    await spill.append(batchOf(1));
    expect(spill.appendSync(batchOf(2))).toBe(true);
    spill.end('exit', ledgerOf({ started: 2, spilled: 2 }), []);
    spill.end('SIGTERM', ledgerOf({ started: 2 }), []);
    await spill.close();
    expect(await scan(file)).toMatchObject({
      batches: [{ id: 1 }, { id: 2 }],
      end: { reason: 'exit' },
      ledger: { spilled: 2 },
      damaged: 0,
    });
  });

  it('a file is made for them', async () => {
    const spill = queue();
    expect(spill.appendSync(batchOf(1))).toBe(true);
    spill.end('exit', ledgerOf({ started: 1 }), []);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    expect(await scan(file)).toMatchObject({ batches: [{ id: 1 }], end: { reason: 'exit' } });
  });

  it('the files of other processes leave no more room; the end of the process is told all the same', async () => {
    await writeFile(spillFileOf(database, 'another'), Buffer.alloc(98_000));
    const spill = queue(100_000);
    expect([spill.appendSync(batchOf(1)), spill.appendSync(batchOf(2, 20))]).toEqual([true, false]);
    const routeMinute = { minuteMicros: 0, name: 'x'.repeat(2_000), outcome: 'ok' as const, count: 1 };
    spill.end('exit', ledgerOf({ started: 21 }), [
      { ...routeMinute, sumNanos: 1, minNanos: 1, maxNanos: 1, buckets: '[[0,1]]' },
    ]);
    expect(await scan(file)).toMatchObject({ batches: [{ id: 1 }], routeMinutes: [], end: { reason: 'exit' } });
  });

  it.each(['looked at', 'made'])('what is being appended while the file is %s leaves nothing behind', async (stage) => {
    const spill = queue();
    const shut = () => {
      spill.shut();
      return {};
    };
    if (stage === 'made') onHandle(shut);
    const appended = spill.append(batchOf(1));
    if (stage === 'looked at') shut();
    expect(await appended).toBe(false);
    await spill.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('the files of other processes are looked at once: there may be many', async () => {
    const other = spillFileOf(database, 'another');
    await writeFile(other, Buffer.alloc(98_000));
    const spill = queue(98_000);
    expect(spill.appendSync(batchOf(1))).toBe(false);
    await rm(other);
    expect(spill.appendSync(batchOf(2))).toBe(false);
  });

  it('another name is taken while the file is being removed', async () => {
    const spill = queue();
    await spill.append(batchOf(1));
    const actual = vi.mocked(promises.unlink).getMockImplementation()!;
    const [reached, isReached] = [{ call: () => {} }, { promise: Promise.resolve() }];
    isReached.promise = new Promise<void>((resolve) => (reached.call = resolve));
    let finish = () => {};
    vi.mocked(promises.unlink).mockImplementationOnce(async (path) => {
      reached.call();
      await new Promise<void>((resolve) => (finish = resolve));
      return actual(path);
    });
    const removed = spill.shift();
    await isReached.promise;
    expect(spill.appendSync(batchOf(2))).toBe(true);
    spill.end('exit', ledgerOf({ started: 2 }), []);
    finish();
    await removed;
    expect(await readdir(directory)).toEqual(['ferret.db.spill-p.1']);
    expect(await scan(`${file}.1`)).toMatchObject({ batches: [{ id: 2 }], end: { reason: 'exit' } });
  });

  it('a process that started no span leaves no word either', async () => {
    const spill = queue();
    spill.end('exit', ledgerOf(), []);
    await spill.close();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('trouble', () => {
  it('with the directory is reported, and the batch is refused', async () => {
    await writeFile(join(directory, 'plain'), '');
    const spill = queue(1024, join(directory, 'plain', 'ferret.db'));
    expect(await spill.append(batchOf(1))).toBe(false);
    expect(spill.appendSync(batchOf(1))).toBe(false);
    spill.end('exit', ledgerOf({ started: 1 }), []);
    await spill.close();
    expect(reports).toEqual(Array(2).fill(['SPILL_FAILED', expect.stringContaining('plain')]));
  });

  it('with a file of the same name leaves that alone', async () => {
    await writeFile(file, 'somebody');
    await writeFile(`${file}.1`, 'else');
    const spill = queue();
    expect(await spill.append(batchOf(1))).toBe(false);
    expect(spill.appendSync(batchOf(1))).toBe(false);
    await spill.close();
    expect([await readFile(file, 'utf8'), await readFile(`${file}.1`, 'utf8')]).toEqual(['somebody', 'else']);
  });

  /** The second write takes ten bytes only. */
  const fillDisk = (more: (handle: FileHandle) => Partial<FileHandle> = () => ({})) =>
    onHandle((handle) => {
      const write = handle.write.bind(handle) as (line: Buffer) => ReturnType<FileHandle['write']>;
      let writes = 0;
      const short = (line: Buffer) => write(++writes === 2 ? line.subarray(0, 10) : line);
      return { write: short as never, ...more(handle) };
    });

  it('with a full disk leaves no piece of a record behind', async () => {
    fillDisk();
    const spill = queue();
    expect([await spill.append(batchOf(1)), await spill.append(batchOf(2))]).toEqual([true, false]);
    expect(reports).toEqual([['SPILL_FAILED', expect.stringContaining('the disk is full')]]);
    expect(await spill.append(batchOf(3))).toBe(true);
    expect(await scan(file)).toMatchObject({ batches: [{ id: 1 }, { id: 3 }], damaged: 0 });
    expect(await idsIn(spill)).toEqual([1, 3]);
  });

  it('with a piece that cannot be cut off spoils no other record', async () => {
    fillDisk(() => ({ truncate: () => Promise.reject(new Error('EIO')) }));
    const spill = queue();
    expect([await spill.append(batchOf(1)), await spill.append(batchOf(2)), await spill.append(batchOf(3))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await idsIn(spill)).toEqual([1]);
    expect(await spill.append(batchOf(4))).toBe(true);
    expect(await idsIn(spill)).toEqual([4]);
  });

  it('with what lies in the file loses that alone, and says how much', async () => {
    const spill = queue();
    await spill.append(batchOf(1, 5));
    await spill.append(batchOf(2));
    const content = await readFile(file);
    content[20]! ^= 1;
    await writeFile(file, content);
    expect(await idsIn(spill)).toEqual([{ lostSpans: 5 }, 2]);
    expect(reports).toEqual([['SPILL_DAMAGED', expect.stringContaining('5 spans')]]);
  });

  it('with a file that was cut short is the same', async () => {
    const spill = queue();
    await spill.append(batchOf(1, 5));
    await truncate(file, 10);
    expect(await idsIn(spill)).toEqual([{ lostSpans: 5 }]);
  });

  it('with a file that cannot be read is told', async () => {
    onHandle(() => ({ read: () => Promise.reject(new Error('EIO')) }) as never);
    const spill = queue();
    await spill.append(batchOf(1, 2));
    expect(await spill.first()).toEqual({ lostSpans: 2 });
    expect(reports).toEqual([['SPILL_FAILED', expect.stringContaining('cannot be read: EIO')]]);
  });

  it('with a file that somebody has removed is told, and no more', async () => {
    const spill = queue();
    await spill.append(batchOf(1));
    await rm(file);
    expect(await idsIn(spill)).toEqual([1]);
    expect(reports).toEqual([['SPILL_FAILED', expect.stringContaining('ENOENT')]]);
  });
});
