import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { runScript, temporaryFile } from '../child.js';
import { execute, query } from '../database.js';
import { expectSound } from './invariants.js';
import { atLeast, startService } from './service.js';

const SUFFIXES = ['-wal', '-shm', ''];

/** Runs a service under load, does something to its file, and returns what became of the requests before and after. */
async function whileRunning(change: (database: string) => void | Promise<void>) {
  const service = await startService({ batchSize: 50, flushIntervalMillis: 20 });
  const load = service.load(300);
  await service.until({ stored: atLeast(100) });
  await change(service.database);
  const { started } = await service.stats();
  await service.until({ started: atLeast(started + 500) });
  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  const ledger = await service.flush();
  expect(ledger).toMatchObject({ started: requests * 2, spilled: 0, pending: 0 });
  const { stderr } = await service.close();
  expect(stderr.match(/FERRET_FILE_REPLACED/g)).toHaveLength(1);
  return { ledger, database: service.database };
}

async function idsIn(database: string): Promise<string[]> {
  return (await query<{ id: string }>(database, 'SELECT span_id AS id FROM ferret_spans_v1')).map(({ id }) => id);
}

it('8 a. a file that is removed while it is open: noticed, and a new one begun', async () => {
  const { ledger, database } = await whileRunning((file) => {
    for (const suffix of SUFFIXES) rmSync(file + suffix, { force: true });
  });
  expect(ledger.stored).toBe(ledger.started);
  const [process] = await expectSound(database, { pruned: true });
  expect(process).toMatchObject({ stored: ledger.stored, end_reason: 'close' });
  expect((await idsIn(database)).length).toBeGreaterThan(400);
});

it('8 b. a file that is moved: its spans are there, those that follow in a new one, none is lost', async () => {
  let old = '';
  const { ledger, database } = await whileRunning((file) => {
    old = join(dirname(file), 'old', 'ferret.db');
    mkdirSync(dirname(old));
    for (const suffix of SUFFIXES) renameSync(file + suffix, old + suffix);
  });
  expect(ledger.stored).toBe(ledger.started);
  await expectSound(database, { pruned: true });
  // Spans that were written to the old file when it had gone already are in both.
  const [before, after] = [await idsIn(old), await idsIn(database)];
  expect(after.length).toBeGreaterThan(400);
  expect(new Set([...before, ...after]).size).toBe(ledger.started);
});

it('8 c. a file that is replaced by another one of Ferret: what follows goes there', async () => {
  const other = temporaryFile();
  await runScript('createFerret({ ...options, runId: "other" }).start("theirs").end()', other);
  const { ledger, database } = await whileRunning((file) => {
    for (const suffix of SUFFIXES) rmSync(file + suffix, { force: true });
    renameSync(other, file);
  });
  expect(ledger.stored).toBe(ledger.started);
  expect(await expectSound(database, { pruned: true })).toMatchObject([{ run_id: 'other' }, { stored: ledger.stored }]);
  expect((await idsIn(database)).length).toBeGreaterThan(400);
});

it('8 d. a file replaced by that of another program: further spans are counted, that program left alone', async () => {
  const other = temporaryFile();
  await execute(other, 'CREATE TABLE customer (name)');
  const { ledger, database } = await whileRunning((file) => {
    for (const suffix of SUFFIXES) rmSync(file + suffix, { force: true });
    renameSync(other, file);
  });
  expect(ledger.dropped.writeFailed).toBe(ledger.started - ledger.stored);
  expect(ledger.dropped.writeFailed).toBeGreaterThan(400);
  expect(await query(database, 'SELECT name FROM sqlite_schema')).toEqual([{ name: 'customer' }]);
  expect(existsSync(`${database}-wal`)).toBe(false);
});
