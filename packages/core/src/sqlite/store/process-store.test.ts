import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../sink/sink.js';
import { batchOf, identityOfProcess, spanOf } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { openProcessStore, ProcessGoneError, writeBatch } from './process-store.js';

let directory: string;
let database: Database;

beforeEach(async () => {
  directory = temporaryDirectory();
  database = await openForWriting(join(directory, 'ferret.db'), 'normal', () => {});
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const spans = () => database.all<{ name: string }>('SELECT name, process_key FROM ferret_spans_v1');

describe('a batch', () => {
  it('that comes again changes nothing', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    const batch = batchOf(1, 2, { started: 2, stored: 2 });
    await writeBatch(store, batch, 5);
    await writeBatch(store, { ...batch, ledger: batchOf(1, 0, { started: 9, stored: 9 }).ledger }, 6);
    expect(await spans()).toHaveLength(2);
    expect(await database.all('SELECT stored, last_seen_us, last_span_id FROM process')).toEqual([
      { stored: 2, last_seen_us: 5, last_span_id: 2 },
    ]);
  });

  it('of a process that has been deleted is refused, not lost, and stored once that is entered again', async () => {
    const me = identityOfProcess('p');
    const store = await openProcessStore(database, me);
    await database.run('DELETE FROM process');
    await database.run('DELETE FROM run');
    await expect(writeBatch(store, batchOf(1))).rejects.toBeInstanceOf(ProcessGoneError);
    await writeBatch(await openProcessStore(database, me), batchOf(1));
    expect(await spans()).toEqual([{ name: 'batch 1', process_key: 'p' }]);
  });

  it('is not put down to the process that has the row of one that was deleted', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    await database.run('DELETE FROM process');
    const other = await openProcessStore(database, identityOfProcess('other'));
    expect(other.processId).toBe(store.processId);
    await expect(writeBatch(store, batchOf(1))).rejects.toBeInstanceOf(ProcessGoneError);
    expect(await spans()).toEqual([]);
  });

  it('is one call to the driver, once its strings are known', async () => {
    const calls = (['run', 'all', 'exec'] as const).map((method) => vi.spyOn(database, method));
    const count = () => calls.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const store = await openProcessStore(database, identityOfProcess('p'));
    const named = (id: number) => ({ ...batchOf(id, 3), spans: batchOf(1, 3).spans });
    await writeBatch(store, named(1));
    const before = count();
    await writeBatch(store, named(2));
    await writeBatch(store, named(3));
    expect(count() - before).toBe(2);
    expect(await spans()).toHaveLength(9);
  });

  it('that SQLite refuses for what is in it leaves nothing behind, and is not taken for one to try again', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    const { spans: good, ...batch } = batchOf(1, 3);
    const bad = [...good, spanOf({ durationNanos: Number.NaN })];
    await expect(writeBatch(store, { ...batch, spans: bad })).rejects.toMatchObject({ code: 'constraint' });
    expect(await spans()).toEqual([]);
    expect(await database.all('SELECT last_batch FROM process')).toEqual([{ last_batch: 0 }]);
    await writeBatch(store, { ...batch, spans: good });
    expect(await spans()).toHaveLength(3);
  });

  it('says in the row of its process what became of every span, and which rows are its own', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    const counters = {
      started: 37,
      stored: 2,
      sampledOut: 3,
      folded: 8,
      queueFull: 4,
      writeFailed: 5,
      closed: 6,
      tooLarge: 7,
      spilled: 1,
    };
    const row = () =>
      database.all(
        `SELECT started, stored, sampled_out, folded, dropped_queue_full, dropped_write_failed, dropped_closed,
           dropped_too_large, spilled, first_span_id, last_span_id, last_batch, ended_at_us, end_reason FROM process`,
      );
    const expected = {
      started: 37,
      stored: 2,
      sampled_out: 3,
      folded: 8,
      dropped_queue_full: 4,
      dropped_write_failed: 5,
      dropped_closed: 6,
      dropped_too_large: 7,
      spilled: 1,
      ended_at_us: null,
      end_reason: null,
    };
    await writeBatch(store, batchOf(1, 0, counters), 5);
    expect(await row()).toEqual([{ ...expected, last_batch: 1, first_span_id: null, last_span_id: null }]);
    await writeBatch(store, batchOf(2, 2, counters), 6);
    await writeBatch(store, batchOf(3, 1, counters), 7);
    expect(await row()).toEqual([{ ...expected, last_batch: 3, first_span_id: 1, last_span_id: 3 }]);
    await writeBatch(store, { ...batchOf(4, 0, counters), endReason: 'close' }, 8);
    expect(await row()).toEqual([
      { ...expected, last_batch: 4, first_span_id: 1, last_span_id: 3, ended_at_us: 8, end_reason: 'close' },
    ]);
  });

  it('that was deferred is stored behind later ones, and once, as they are', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    const deferred = (id: number) => ({ ...batchOf(id), isDeferred: true });
    const [two, three, four] = [deferred(2), batchOf(3), deferred(4)];
    for (const batch of [batchOf(1), three, two, two, batchOf(5), three, four, four, two])
      await writeBatch(store, batch);
    expect((await spans()).map(({ name }) => name)).toEqual([1, 3, 2, 5, 4].map((id) => `batch ${id}`));
    expect(await database.all('SELECT last_batch, last_deferred_batch FROM process')).toEqual([
      { last_batch: 5, last_deferred_batch: 4 },
    ]);
  });

  it('that a damaged file keeps refusing is to be tried again later, not at once for ever', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    await database.run('DELETE FROM generation');
    await expect(writeBatch(store, batchOf(1, 0))).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('that finds the file locked is stored when it comes again', async () => {
    const store = await openProcessStore(database, identityOfProcess('p'));
    await database.exec('PRAGMA busy_timeout = 0');
    const other = await openForWriting(join(directory, 'ferret.db'), 'normal', () => {});
    await other.run('BEGIN IMMEDIATE');
    await expect(writeBatch(store, batchOf(1))).rejects.toMatchObject({ code: 'busy' });
    await other.run('COMMIT');
    await writeBatch(await openProcessStore(other, identityOfProcess('other')), batchOf(1));
    await writeBatch(store, batchOf(1));
    expect(await spans()).toHaveLength(2);
    await other.close();
  });

  it('leaves nothing in the schema of the file', async () => {
    await writeBatch(await openProcessStore(database, identityOfProcess('p')), batchOf(1));
    expect(await database.all(`SELECT name FROM main.sqlite_schema WHERE name LIKE 'batch%'`)).toEqual([]);
  });
});

it('a process is entered once, however often its file is opened', async () => {
  const me = identityOfProcess('p');
  const [one, two] = [await openProcessStore(database, me), await openProcessStore(database, me)];
  expect(two.processId).toBe(one.processId);
  expect(await database.all('SELECT count(*) AS count FROM run')).toEqual([{ count: 1 }]);
});
