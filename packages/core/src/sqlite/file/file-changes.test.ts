import { copyFile, open as openFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DiagnosticCode } from '../../diagnostics.js';
import { type SpanBatch, StoreUnavailableError } from '../../sink/sink.js';
import { batchOf, identityOfProcess, ledgerOf, spanOf } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { connect } from '../reader/connection.js';
import { SqliteSink } from '../sqlite-sink.js';
import { openDatabase } from './driver.js';

const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

let directory: string;
let file: string;
let reports: DiagnosticCode[];
let sink: SqliteSink;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  reports = [];
  sink = sinkOf('one');
});

afterEach(async () => {
  await sink.close();
  await rm(directory, { recursive: true });
});

function sinkOf(key: string, path = file): SqliteSink {
  return new SqliteSink(
    { file: path, synchronous: 'normal', retention: NEVER },
    identityOfProcess(key, { pid: process.pid }),
    (code) => reports.push(code),
  );
}

/** As the pipeline does it: once more where the store says that this may help. Returns how often it took. */
async function write(batch: SpanBatch, to = sink): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await to.write(batch);
      return attempt;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || attempt === 5) throw error;
    }
  }
}

async function namesIn(path = file): Promise<unknown[]> {
  const database = await openDatabase(path, 'read');
  const rows = await database.all<{ name: string }>('SELECT name FROM ferret_spans_v1');
  await database.close();
  return rows.map(({ name }) => name);
}

async function removeAll(): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(file + suffix, { force: true });
}

describe('a file that a reader of this process has open', () => {
  it('is written to once the reader lets go of it, and nothing is lost meanwhile', async () => {
    await write(batchOf(1));
    // As a process that was killed leaves it.
    const copy = join(directory, 'copy.db');
    for (const suffix of ['', '-wal', '-shm']) await copyFile(file + suffix, copy + suffix);
    const reader = await connect(copy);
    const writer = sinkOf('two', copy);
    await expect(writer.write(batchOf(2))).rejects.toBeInstanceOf(StoreUnavailableError);
    await reader.close();
    await writer.write(batchOf(2));
    await writer.close();
    expect(await namesIn(copy)).toEqual(['batch 1', 'batch 2']);
  });
});

describe('a file that changes while it is open (FAULTS 7, 8)', () => {
  it('was removed: the batch is stored in a new one', async () => {
    await write(batchOf(1));
    await removeAll();
    expect(await write(batchOf(2))).toBe(2);
    expect(reports).toEqual(['FILE_REPLACED']);
    expect(await namesIn()).toEqual(['batch 2']);
    expect(await write(batchOf(3))).toBe(1);
    expect(await namesIn()).toEqual(['batch 2', 'batch 3']);
  });

  it('was renamed: it keeps what it has, and what follows goes to a new one', async () => {
    await write(batchOf(1));
    await rename(file, join(directory, 'kept.db'));
    await rename(`${file}-wal`, join(directory, 'kept.db-wal'));
    await rm(`${file}-shm`);
    expect(await write(batchOf(2))).toBe(2);
    await sink.close();
    expect(await namesIn()).toEqual(['batch 2']);
    expect(await namesIn(join(directory, 'kept.db'))).toContain('batch 1');
  });

  it('was replaced by that of another process: both write to it', async () => {
    await write(batchOf(1));
    await removeAll();
    const other = sinkOf('two');
    await write(batchOf(9), other);
    await write(batchOf(2));
    await write(batchOf(10), other);
    await Promise.all([sink.close(), other.close()]);
    expect(await namesIn()).toEqual(['batch 9', 'batch 2', 'batch 10']);
  });

  it('was removed between two ticks: the spans that are open are told to a new one', async () => {
    const openSpans = [spanOf({ name: 'open' })];
    await sink.tick({ openSpans, routeMinutes: [], ledger: ledgerOf({ started: 1 }) });
    await removeAll();
    await expect(sink.tick({ openSpans, routeMinutes: [], ledger: ledgerOf({ started: 1 }) })).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    await sink.tick({ openSpans, routeMinutes: [], ledger: ledgerOf({ started: 1 }) });
    const database = await openDatabase(file, 'read');
    expect(await database.all('SELECT name FROM ferret_open_spans_v1')).toEqual([{ name: 'open' }]);
    await database.close();
  });

  it('was overwritten: it is moved aside, not deleted, and a new one begun', async () => {
    await write(batchOf(1, 1_000));
    // Out of the WAL, so that nothing but the file has it.
    const other = await openDatabase(file, 'write');
    await other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    await other.close();
    const handle = await openFile(file, 'r+');
    const { size } = await handle.stat();
    await handle.write(Buffer.alloc(size, 'garbage '), 0, size, 0);
    await handle.close();
    expect(await write(batchOf(2))).toBe(2);
    const names = (await readdir(directory)).filter((name) =>
      /^ferret\.db\.corrupt-[^-]+-[^-]+-[^-]+-[^-]+-[^-]+Z$/.test(name),
    );
    expect(names).toHaveLength(1);
    expect(reports).toEqual(['FILE_MOVED_ASIDE']);
    expect(await namesIn()).toEqual(['batch 2']);
  });

  it('lost its row of this process: that is entered again', async () => {
    await write(batchOf(1));
    const database = await openDatabase(file, 'write');
    await database.exec('DELETE FROM process');
    await database.close();
    expect(await write(batchOf(2))).toBe(2);
    expect(await namesIn()).toContain('batch 2');
  });
});

describe('a tick', () => {
  it('without anything open makes no file', async () => {
    await sink.tick({ openSpans: [], routeMinutes: [], ledger: ledgerOf() });
    expect(await readdir(directory)).toEqual([]);
  });

  it('takes back what it has told', async () => {
    await sink.tick({ openSpans: [spanOf()], routeMinutes: [], ledger: ledgerOf({ started: 1 }) });
    await sink.tick({ openSpans: [], routeMinutes: [], ledger: ledgerOf({ started: 1 }) });
    const database = await openDatabase(file, 'read');
    expect(await database.all('SELECT name FROM ferret_open_spans_v1')).toEqual([]);
    await database.close();
  });
});

it('P20: an idle process says no more often that it lives because of what is open', async () => {
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  try {
    const openSpans = Array.from({ length: 100 }, () => spanOf({ name: 'open' }));
    const signs = new Set<number>();
    await sink.tick({ openSpans, routeMinutes: [], ledger: ledgerOf({ started: 100 }) });
    const database = await openDatabase(file, 'read');
    for (let second = 1; second <= 500; second++) {
      now += 1_000;
      await sink.tick({ openSpans, routeMinutes: [], ledger: ledgerOf({ started: 100 }) });
      const [row] = await database.all<{ seen: number }>('SELECT last_seen_us AS seen FROM process');
      if (second > 100) signs.add(row!.seen);
    }
    await database.close();
    expect(signs.size).toBeLessThanOrEqual(400 / 20 + 1);
    expect(signs.size).toBeGreaterThan(400 / 60);
  } finally {
    clock.mockRestore();
  }
});
