import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runScript, temporaryFile } from '../child.js';
import { execute, query } from '../database.js';
import { ENDED_WELL, expectFewWarnings, expectSound } from './invariants.js';
import { atLeast, startService } from './service.js';

const RECORD = 'createFerret(options).start("work").end()';

/** A file with some hundred pages. */
async function filledFile(): Promise<string> {
  const database = temporaryFile();
  const end = await runScript(
    'const f = createFerret(options); for (let i = 0; i < 3000; i++) f.start("work").end();',
    database,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
  return database;
}

/** Overwrites everything from this page on. */
function overwritePages(database: string, from: number): void {
  const { size } = statSync(database);
  const descriptor = openSync(database, 'r+');
  writeSync(descriptor, Buffer.alloc(size - (from - 1) * 4_096, 'garbage! '), 0, undefined, (from - 1) * 4_096);
  closeSync(descriptor);
}

const asideOf = (database: string) =>
  readdirSync(dirname(database)).filter((name) => /^ferret\.db\.corrupt-[\dTZ.-]+$/.test(name));

describe('a file that is damaged at the start', () => {
  it.each([
    ['is garbage', (database: string) => writeFileSync(database, Buffer.alloc(100_000, 'garbage! '))],
    ['is a short text', (database: string) => writeFileSync(database, 'not a database\n')],
    ['is cut short', (database: string) => truncateSync(database, 40_000)],
    ['is cut short within a page', (database: string) => truncateSync(database, 4_096 * 7 + 100)],
    ['has every page but the first overwritten', (database: string) => overwritePages(database, 2)],
    ['has its later pages overwritten', (database: string) => overwritePages(database, 8)],
  ])('6 a. that %s is moved aside as it is, and a new one begun', async (_what, damage) => {
    const database = await filledFile();
    damage(database);
    const before = readFileSync(database);
    const end = await runScript(RECORD, database);
    expect(end).toMatchObject(ENDED_WELL);
    expect(end.stderr.match(/FerretWarning/g)).toHaveLength(1);
    expect(end.stderr).toContain('FERRET_FILE_MOVED_ASIDE');
    const [aside, ...more] = asideOf(database);
    expect(more).toEqual([]);
    expect(readFileSync(join(dirname(database), aside!)).equals(before)).toBe(true);
    expect(await expectSound(database)).toMatchObject([{ started: 1, stored: 1 }]);
  });

  it('6 b. that has no bytes at all is begun in its place: there is nothing to keep', async () => {
    const database = temporaryFile();
    writeFileSync(database, '');
    expect(await runScript(RECORD, database)).toMatchObject({ ...ENDED_WELL, stderr: '' });
    expect(readdirSync(dirname(database))).toEqual(['ferret.db']);
    expect(await expectSound(database)).toMatchObject([{ stored: 1 }]);
  });
});

it.each([
  ['without an id', 'CREATE TABLE customer (name); INSERT INTO customer VALUES (42);'],
  ['with an id of its own', 'PRAGMA application_id = 42; CREATE TABLE customer (name);'],
  ['with an id and nothing else', 'PRAGMA application_id = 42; PRAGMA user_version = 7;'],
])('6 c. a database of another program, %s, is refused by name, and stays as it is', async (_what, sql) => {
  const database = temporaryFile();
  await execute(database, sql);
  const before = readFileSync(database);
  const end = await runScript(RECORD, database);
  expect(end).toMatchObject(ENDED_WELL);
  expect(end.stderr.match(/FerretWarning/g)).toHaveLength(1);
  expect(end.stderr).toContain(`${database} is the SQLite database of another program`);
  expect(readFileSync(database).equals(before)).toBe(true);
  expect(readdirSync(dirname(database))).toEqual(['ferret.db']);
});

it('6 d. beside a database of another program, processes that end at once leave nothing, and count it', async () => {
  const database = temporaryFile();
  await execute(database, 'CREATE TABLE customer (name)');
  for (let restart = 0; restart < 3; restart++) {
    const end = await runScript(
      `const ferret = createFerret(options);
       ferret.start('work').end();
       await ferret.flush();
       for (let i = 0; i < 1000; i++) ferret.start('work').end();
       ferret.start('open');
       process.once('exit', () => {
         const { started, dropped, pending } = ferret.stats();
         if (started !== 1002 || dropped.writeFailed !== 1002 || pending !== 0) process.exitCode = 3;
       });
       process.exit();`,
      database,
    );
    expect(end).toMatchObject(ENDED_WELL);
    expectFewWarnings(end);
    expect(readdirSync(dirname(database))).toEqual(['ferret.db']);
  }
});

it('7. pages overwritten while running: the service goes on, and by the next start the file is sound', async () => {
  const database = await filledFile();
  const service = await startService({ database, batchSize: 50, flushIntervalMillis: 20 });
  const load = service.load(300);
  await service.until({ stored: atLeast(100) });
  await execute(database, 'PRAGMA busy_timeout = 5000; PRAGMA wal_checkpoint');
  overwritePages(database, 2);
  // Another program's change: what the service remembers of the pages is no longer worth anything.
  await execute(database, 'PRAGMA busy_timeout = 5000; PRAGMA application_id = 0x46525254').catch(() => {});
  const { stored } = await service.stats();
  await service.until({ stored: atLeast(stored + 500) });
  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  expect(await service.flush()).toMatchObject({ started: requests * 2, pending: 0, spilled: 0 });
  await service.close();

  const next = await runScript(RECORD, database);
  expect(next).toMatchObject(ENDED_WELL);
  expectFewWarnings(next);
  expect(asideOf(database)).toHaveLength(1);
  await expectSound(database, { pruned: true });
  const [row] = await query<{ spans: number }>(database, 'SELECT count(*) AS spans FROM ferret_spans_v1');
  expect(row?.spans).toBeGreaterThan(0);
});
