import { appendFile, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../diagnostics.js';
import type { ProcessIdentity } from '../../process/process-identity.js';
import type { EndReason } from '../../sink/end-reason.js';
import type { LedgerCounters } from '../../sink/ledger.js';
import { batchOf, identityOfProcess, ledgerOf, spanOf } from '../../spill/spill.fixture.js';
import { spillFileOf } from '../../spill/spill-file.js';
import { encodeBatch, encodeEnd } from '../../spill/spill-record.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { acquireLease } from '../file/lease.js';
import { openReader } from '../reader/file-reader.js';
import { recoverFile } from '../recover-and-prune.js';
import { openProcessStore, writeBatch, writeTick } from '../store/process-store.js';
import { recover } from './recovery.js';

let directory: string;
let file: string;
let database: Database;
let reports: [DiagnosticCode, string][];

const me = identityOfProcess('me', { pid: process.pid });
const report = (code: DiagnosticCode, message: string) => void reports.push([code, message]);
const run = (on = database, by = me) => recover(on, file, by, report);

const open = () => openForWriting(file, 'normal', () => {});

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  database = await open();
  reports = [];
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const dead = identityOfProcess('dead');

/** Ten spans a batch; the ledger is that of a process which could store none of them. */
function lineOf(id: number, by: ProcessIdentity, spilled = id * 10): Buffer {
  return encodeBatch(by, batchOf(id, 10, { started: spilled, spilled: spilled - 10 }));
}

async function spill(by: ProcessIdentity, ids: readonly number[], more: Buffer | string = ''): Promise<string> {
  const path = spillFileOf(file, by.processKey);
  await writeFile(path, Buffer.concat([...ids.map((id) => lineOf(id, by)), Buffer.from(more)]));
  return path;
}

function endOf(by: ProcessIdentity, end: EndReason, counters: Partial<LedgerCounters>): Buffer {
  return encodeEnd({ process: by, end, endedAtMicros: 1_767_225_600_500_000, ledger: ledgerOf(counters) });
}

async function spans(): Promise<{ name: string; count: number }[]> {
  return database.all('SELECT name, count(DISTINCT span_id) AS count FROM ferret_spans_v1 GROUP BY name ORDER BY name');
}

async function processRow(key = 'dead') {
  const [row] = await database.all<Record<string, unknown>>('SELECT * FROM process WHERE process_key = ?', [key]);
  return row;
}

/** Every span in the file is counted as stored, and what was started is accounted for. */
async function expectBalance(): Promise<void> {
  const reader = await openReader(file);
  const runs = await reader.runs();
  await reader.close();
  const [rows] = await database.all<{ count: number }>('SELECT count(*) AS count FROM span');
  expect(runs.reduce((sum, { ledger }) => sum + ledger.stored, 0)).toBe(rows?.count);
  for (const { ledger } of runs) expect(ledger).toMatchObject({ spilled: 0, pending: 0 });
}

describe('a spill file of a dead process', () => {
  it('is taken in, and removed', async () => {
    await spill(dead, [1, 2, 3], endOf(dead, 'exit', { started: 30, spilled: 30 }));
    expect(await run()).toEqual({ spillFiles: 1, spans: 30, damaged: 0, interrupted: 0, left: [] });
    expect(await spans()).toEqual([1, 2, 3].map((id) => ({ name: `batch ${id}`, count: 10 })));
    expect(await readdir(directory)).not.toContain('ferret.db.spill-dead');
    expect(await processRow()).toMatchObject({ end_reason: 'exit', ended_at_us: 1_767_225_600_500_000 });
    await expectBalance();
    expect([await run(), reports]).toEqual([{ spillFiles: 0, spans: 0, damaged: 0, interrupted: 0, left: [] }, []]);
  });

  it('adds what the file does not know yet to what it knows', async () => {
    const store = await openProcessStore(database, dead);
    await writeBatch(store, batchOf(1, 10, { started: 30, stored: 10 }));
    await writeBatch(store, batchOf(2, 10, { started: 30, stored: 20 }));
    await spill(dead, [2, 3], endOf(dead, 'uncaughtException', { started: 30, stored: 10, spilled: 20 }));
    expect(await run()).toMatchObject({ spans: 10 });
    expect(await spans()).toEqual([1, 2, 3].map((id) => ({ name: `batch ${id}`, count: 10 })));
    expect(await processRow()).toMatchObject({ started: 30, stored: 30, end_reason: 'uncaughtException' });
    await expectBalance();
  });

  it('holds what was deferred, of which later batches say nothing, and what was in memory at the end', async () => {
    const store = await openProcessStore(database, dead);
    const deferred = [2, 4].map((id) => ({ ...batchOf(id, 10, { started: 60 }), isDeferred: true }));
    for (const id of [1, 3]) await writeBatch(store, batchOf(id, 10, { started: 60 }));
    await writeBatch(store, deferred[0]!);
    await writeBatch(store, batchOf(5, 10, { started: 60, stored: 40, spilled: 10 }));
    const lines = [...deferred, batchOf(5, 10), batchOf(6, 10)].map((batch) => encodeBatch(dead, batch));
    await spill(dead, [], Buffer.concat([...lines, endOf(dead, 'exit', { started: 60, stored: 30, spilled: 30 })]));
    expect(await run()).toMatchObject({ spillFiles: 1, spans: 20 });
    expect(await spans()).toEqual([1, 2, 3, 4, 5, 6].map((id) => ({ name: `batch ${id}`, count: 10 })));
    await expectBalance();
  });

  it('keeps the losses of its process', async () => {
    await spill(
      dead,
      [1],
      endOf(dead, 'exit', { started: 105, queueFull: 60, writeFailed: 20, sampledOut: 10, folded: 5, spilled: 10 }),
    );
    await run();
    expect(await processRow()).toMatchObject({
      dropped_queue_full: 60,
      dropped_write_failed: 20,
      sampled_out: 10,
      folded: 5,
      stored: 10,
    });
    await expectBalance();
  });

  it('without a word of its end is that of a process that crashed', async () => {
    await spill(dead, [1, 2]);
    expect(await run()).toMatchObject({ spans: 20, interrupted: 0 });
    expect(await processRow()).toMatchObject({ end_reason: 'crashed', stored: 20 });
    await expectBalance();
  });

  it('loses no more than what of it is damaged', async () => {
    await spill(dead, [1], Buffer.concat([lineOf(2, dead).subarray(0, 99), Buffer.from('\n'), lineOf(3, dead)]));
    expect(await run()).toMatchObject({ spans: 20, damaged: 1 });
    expect(reports).toEqual([['SPILL_DAMAGED', expect.stringContaining('1 pieces')]]);
    expect(await spans()).toMatchObject([{ name: 'batch 1' }, { name: 'batch 3' }]);
    // Ten are missing, and nothing says that they are still to come.
    expect(await processRow()).toMatchObject({ started: 30, stored: 20, spilled: 0 });
  });

  it('that is damaged all over leaves no spans that seem to wait in it', async () => {
    const store = await openProcessStore(database, dead);
    await writeBatch(store, batchOf(1, 10, { started: 20, stored: 10, spilled: 10 }));
    await writeFile(spillFileOf(file, 'dead'), 'torn');
    expect(await run()).toMatchObject({ spillFiles: 1, damaged: 1, spans: 0 });
    expect(await processRow()).toMatchObject({ stored: 10, spilled: 0, end_reason: 'crashed' });
  });

  it('may lie in two files, where its end met the removal of the first', async () => {
    await spill(dead, [3]);
    const later = spillFileOf(file, 'dead', 1);
    await writeFile(
      later,
      Buffer.concat([lineOf(2, dead), lineOf(3, dead), endOf(dead, 'exit', { started: 20, spilled: 20 })]),
    );
    expect(await run()).toMatchObject({ spillFiles: 2, spans: 20 });
    expect(await spans()).toEqual([2, 3].map((id) => ({ name: `batch ${id}`, count: 10 })));
    expect(await processRow()).toMatchObject({ end_reason: 'exit', stored: 20 });
  });
});

describe('exactly once', () => {
  /** A database whose nth transaction fails: before it is committed, or after that, so that only the answer is lost. */
  function failingAt(nth: number, when: 'before' | 'after'): Database {
    let commits = 0;
    const commit = async <T>(work: () => Promise<T>): Promise<T> => {
      commits += 1;
      if (commits === nth && when === 'before') throw new Error('the power went');
      const result = await work();
      if (commits >= nth) throw new Error('the power went');
      return result;
    };
    return {
      transaction: (statements) => commit(() => database.transaction(statements)),
      all: (sql, parameters) => database.all<never>(sql, parameters),
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      run: (sql, parameters) => (sql === 'COMMIT' ? commit(() => database.run(sql)) : database.run(sql, parameters)),
    };
  }

  it('holds wherever a recovery is interrupted', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let nth = 1; nth <= 12; nth += 1) {
        const process = identityOfProcess(`${when}-${nth}`);
        const path = await spill(process, [1, 2, 3], endOf(process, 'exit', { started: 30, spilled: 30 }));
        await appendFile(path, lineOf(3, process));
        await run(failingAt(nth, when)).catch(() => {});
        await run();
        expect(await processRow(process.processKey)).toMatchObject({ started: 30, stored: 30, end_reason: 'exit' });
        await expectBalance();
      }
    }
    expect((await readdir(directory)).filter((name) => name.includes('.spill-'))).toEqual([]);
    expect(await spans()).toEqual([1, 2, 3].map((id) => ({ name: `batch ${id}`, count: 240 })));
  });

  it('holds when two recover at once', async () => {
    const processes = ['a', 'b', 'c', 'd'].map((key) => identityOfProcess(key));
    for (const process of processes) await spill(process, [1, 2, 3, 4, 5]);
    const other = await open();
    const again = async (on: Database, by: ProcessIdentity) => {
      for (;;) {
        try {
          return await run(on, by);
        } catch (error) {
          expect(error).toMatchObject({ code: 'busy' });
        }
      }
    };
    const both = [again(database, me), again(other, identityOfProcess('other', { pid: process.pid }))];
    const [one, two] = await Promise.all(both);
    await other.close();
    expect(one!.spans + two!.spans).toBe(200);
    await run();
    expect(await spans()).toEqual([1, 2, 3, 4, 5].map((id) => ({ name: `batch ${id}`, count: 40 })));
    await expectBalance();
  });
});

describe('left alone is', () => {
  it('the file of a process that is alive', async () => {
    const alive = identityOfProcess('alive', { pid: process.pid });
    const path = await spill(alive, [1]);
    expect(await run()).toMatchObject({ spillFiles: 0, left: [{ file: path, why: 'running' }] });
    expect([await spans(), reports]).toEqual([[], []]);
    // It says that nothing follows: then it need not be dead.
    await appendFile(path, endOf(alive, 'close', { started: 10, spilled: 10 }));
    expect(await run()).toMatchObject({ spillFiles: 1, spans: 10, left: [] });
  });

  it("this process's own file", async () => {
    await spill(me, [1]);
    await writeFile(spillFileOf(file, 'me', 1), lineOf(1, me));
    expect(await run()).toMatchObject({ spillFiles: 0, left: [] });
  });

  it('the file of a process on another host, until it has been silent for a minute', async () => {
    const path = await spill(identityOfProcess('far', { hostname: 'elsewhere', pid: process.pid }), [1]);
    expect(await run()).toMatchObject({ left: [{ why: 'running' }] });
    const then = Date.now() / 1_000 - 61;
    await utimes(path, then, then);
    expect(await run()).toMatchObject({ spans: 10, left: [] });
  });

  it('the file of a process on another host that the database has heard of since it changed', async () => {
    const away = identityOfProcess('away', { hostname: 'another' });
    const path = await spill(away, [1]);
    const longAgo = new Date(Date.now() - 90_000);
    await utimes(path, longAgo, longAgo);
    const store = await openProcessStore(database, away);
    await writeTick(store, { openSpans: [spanOf()], routeMinutes: [], ledger: ledgerOf({ started: 11, spilled: 10 }) });
    expect(await run()).toMatchObject({ interrupted: 0, left: [{ file: path, why: 'running' }] });
    expect(await spans()).toEqual([]);
    // Silent in both: what it is taken for last seen at is the later.
    await database.run('UPDATE process SET last_seen_us = last_seen_us - 61000000');
    const [{ last_seen_us: seen }] = (await database.all('SELECT last_seen_us FROM process')) as [
      { last_seen_us: number },
    ];
    expect(await run()).toMatchObject({ spans: 10, interrupted: 1, left: [] });
    expect(await processRow('away')).toMatchObject({ last_seen_us: seen, end_reason: 'crashed' });
  });

  it('a file of a newer version, and it says so', async () => {
    const json = '{"version":99}';
    const path = await spill(dead, [1], `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
    expect(await run()).toMatchObject({ spans: 0, left: [{ file: path, why: 'newer' }] });
    expect(reports).toEqual([['SPILL_FAILED', expect.stringMatching(/newer version.*Update @ferretjs\/core/)]]);
    expect(await readdir(directory)).toContain('ferret.db.spill-dead');
  });

  it('a file that another process is taking in', async () => {
    const path = await spill(dead, [1]);
    const other = identityOfProcess('other', { pid: process.pid });
    await acquireLease(database, 'spill ferret.db.spill-dead', other, Date.now() * 1_000);
    expect(await run()).toMatchObject({ left: [{ file: path, why: 'busy' }] });
  });

  it('what cannot be read, and the others go on', async () => {
    const path = spillFileOf(file, 'directory');
    await mkdir(path);
    await spill(dead, [1]);
    expect(await run()).toMatchObject({ spans: 10, left: [{ file: path, why: 'foreign' }] });
    expect(reports).toEqual([['SPILL_FAILED', expect.stringContaining('left as it is')]]);
    await rm(path, { recursive: true });
  });

  it('everything while the database is held by another, who is waited for', async () => {
    await spill(dead, [1]);
    const other = await open();
    await other.run('BEGIN IMMEDIATE');
    await expect(run()).rejects.toMatchObject({ code: 'busy' });
    expect(reports).toEqual([]);
    await other.run('ROLLBACK');
    await other.close();
    expect(await run()).toMatchObject({ spans: 10, left: [] });
  });
});

describe('spans that were open in a dead process', () => {
  const slow = spanOf({ name: 'slow' });

  async function openIn(process: ProcessIdentity, ...openSpans: ReturnType<typeof spanOf>[]): Promise<void> {
    const store = await openProcessStore(database, process);
    await writeTick(store, { openSpans, routeMinutes: [], ledger: ledgerOf({ started: openSpans.length }) });
  }

  it('become interrupted ones', async () => {
    await openIn(dead, slow, spanOf({ name: 'slower' }));
    await openIn(identityOfProcess('alive', { pid: process.pid }), spanOf({ name: 'still open' }));
    expect(await run()).toMatchObject({ interrupted: 2 });
    expect(await database.all('SELECT name, outcome FROM ferret_spans_v1 ORDER BY name')).toEqual([
      { name: 'slow', outcome: 'interrupted' },
      { name: 'slower', outcome: 'interrupted' },
    ]);
    expect(await database.all('SELECT name FROM ferret_open_spans_v1')).toEqual([{ name: 'still open' }]);
    expect(await processRow()).toMatchObject({ end_reason: 'crashed', stored: 2 });
  });

  it('are stored once, as what they ended as, if that waits in a spill file', async () => {
    await openIn(dead, slow);
    const ended = { id: 1, spans: [slow], ledger: ledgerOf({ started: 1 }) };
    await writeFile(spillFileOf(file, 'dead'), encodeBatch(dead, ended));
    expect(await run()).toMatchObject({ spans: 1, interrupted: 0 });
    expect(await database.all('SELECT name, outcome FROM ferret_spans_v1')).toEqual([{ name: 'slow', outcome: 'ok' }]);
    await expectBalance();
  });

  it('are not touched while such a file is left, as one that another process is taking in', async () => {
    await openIn(dead, slow);
    await writeFile(
      spillFileOf(file, 'dead'),
      encodeBatch(dead, { id: 1, spans: [slow], ledger: ledgerOf({ started: 1 }) }),
    );
    await acquireLease(
      database,
      'spill ferret.db.spill-dead',
      identityOfProcess('o', { pid: process.pid }),
      Date.now() * 1_000,
    );
    expect(await run()).toMatchObject({ interrupted: 0, left: [{ why: 'busy' }] });
    await database.run('DELETE FROM lease');
    expect(await run()).toMatchObject({ spans: 1, interrupted: 0 });
    await expectBalance();
  });

  it('do not overwrite how the process said that it ended', async () => {
    await openIn(dead, slow);
    await writeFile(spillFileOf(file, 'dead'), endOf(dead, 'uncaughtException', { started: 1 }));
    await run();
    expect(await processRow()).toMatchObject({ end_reason: 'uncaughtException' });
  });
});

it('a spill file that is just begun is its owner’s', async () => {
  await writeFile(spillFileOf(file, '0b0e7a10-4c1c-4f3e-9d5a-3f0a5b1c2d3e'), '');
  expect(await run()).toMatchObject({ spillFiles: 0, left: [{ why: 'running' }] });
  await utimes(spillFileOf(file, '0b0e7a10-4c1c-4f3e-9d5a-3f0a5b1c2d3e'), 1, 1);
  expect(await run()).toMatchObject({ spillFiles: 1, left: [] });
});

describe('recoverFile', () => {
  it('makes the database where only a spill file is left', async () => {
    await database.close();
    await rm(file);
    await spill(dead, [1], endOf(dead, 'exit', { started: 10, spilled: 10 }));
    expect(await recoverFile(file)).toMatchObject({ spans: 10 });
    database = await open();
    await expectBalance();
  });

  it('tells of every file why it was left', async () => {
    const json = '{"version":99}';
    for (const key of ['a', 'b']) {
      await spill(identityOfProcess(key), [], `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
    }
    const told: string[] = [];
    await recoverFile(file, { onDiagnostic: ({ code }) => told.push(code) });
    expect(told).toEqual(['SPILL_FAILED', 'SPILL_FAILED']);
  });

  it('refuses what is no Ferret file, and leaves it as it is', async () => {
    const other = join(directory, 'other.db');
    await writeFile(other, 'this is no database, '.repeat(100));
    await expect(recoverFile(other)).rejects.toMatchObject({ code: 'FILE_NOT_SQLITE' });
    await expect(recoverFile(join(directory, 'none.db'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect((await readdir(directory)).filter((name) => name.includes('corrupt') || name.includes('none'))).toEqual([]);
  });

  it('says that the file is locked, where it is', async () => {
    await spill(dead, [1]);
    await database.run('BEGIN IMMEDIATE');
    await expect(recoverFile(file)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await database.run('ROLLBACK');
  });
});
