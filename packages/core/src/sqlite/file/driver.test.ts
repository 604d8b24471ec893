import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { type Database, MAX_READ_BYTES } from './database.js';
import { hasNodeSqlite, openNodeSqlite } from './node-sqlite-driver.js';
import { sqliteThread } from './sqlite-thread.js';
import { loadSqlite3, openSqlite3 } from './sqlite3-driver.js';

const temporaryFile = async () => join(temporaryDirectory(), 'a b.db');

type Open = (location: string, mode: 'read' | 'write') => Promise<Database>;

/** All that this Node has: node:sqlite came with 22.13. */
const DRIVERS: [name: string, open: Open][] = [
  ['sqlite3', async (location, mode) => openSqlite3(await loadSqlite3(), location, mode)],
];
if (hasNodeSqlite()) {
  DRIVERS.push(
    ['node:sqlite in the thread', (location, mode) => openNodeSqlite(location, mode, 'thread')],
    ['node:sqlite in place', (location, mode) => openNodeSqlite(location, mode, 'here')],
  );
}

describe.each(DRIVERS)('the driver %s', (name, open) => {
  it('stores and returns every kind of value', async () => {
    const database = await open(await temporaryFile(), 'write');
    await database.exec('CREATE TABLE t (a, b, c, d, e); CREATE TABLE u (a);');
    const values = ['text', 1_700_000_000_000_000, 0.5, Buffer.from([0, 255]), null];
    await database.run('INSERT INTO t VALUES (?, ?, ?, ?, ?)', values);
    const [row] = await database.all<Record<string, unknown>>('SELECT * FROM t');
    expect(row).toStrictEqual({ a: 'text', b: 1_700_000_000_000_000, c: 0.5, d: Buffer.from([0, 255]), e: null });
    expect(Buffer.isBuffer(row?.['d'])).toBe(true);
    await database.close();
  });

  it('binds numbered parameters, in any order, twice, and those that the statement leaves out', async () => {
    const database = await open(await temporaryFile(), 'write');
    expect(await database.all('SELECT ?2 AS b, ?1 AS a, ?2 + ?4 AS c', ['x', 2, 'not asked for', 3])).toEqual([
      { b: 2, a: 'x', c: 5 },
    ]);
    await database.close();
  });

  it('binds whole numbers as integers', async () => {
    const database = await open(await temporaryFile(), 'write');
    expect(await database.all("SELECT typeof(?) AS a, typeof(?) AS b, ? || '' AS c", [7, 0.5, 7])).toEqual([
      { a: 'integer', b: 'real', c: '7' },
    ]);
    await database.close();
  });

  it('reads integers beyond 2^53 as well as a number can', async () => {
    const database = await open(await temporaryFile(), 'write');
    expect(await database.all('SELECT 9223372036854775807 AS a, 1 AS b, NULL AS c')).toEqual([
      { a: 2 ** 63, b: 1, c: null },
    ]);
    await database.close();
  });

  it('knows the mathematical functions that readers use', async () => {
    const database = await open(await temporaryFile(), 'write');
    const [row] = await database.all('SELECT log2(8) AS a, floor(2.5) AS b, log2(NULL) AS c, floor(pow(2, 3)) AS d');
    expect(row).toEqual({ a: 3, b: 2, c: null, d: 8 });
    await database.close();
  });

  it('prepares a statement once, and again after it failed', async () => {
    const database = await open(await temporaryFile(), 'write');
    const count = 'SELECT count(*) AS n FROM t';
    await expect(database.all(count)).rejects.toMatchObject({ name: 'SqliteError', message: 'no such table: t' });
    await database.exec('CREATE TABLE t (a)');
    await database.run('INSERT INTO t VALUES (?)', [1]);
    await database.run('INSERT INTO t VALUES (?)', [2]);
    expect(await database.all(count)).toEqual([{ n: 2 }]);
    await expect(database.exec('nonsense')).rejects.toThrow(/nonsense/);
    await database.close();
  });

  it('refuses everything once it is closed', async () => {
    const database = await open(await temporaryFile(), 'write');
    await database.close();
    await expect(database.close()).rejects.toThrow();
    await expect(database.run('SELECT 1')).rejects.toThrow();
  });

  it('does not enforce foreign keys, and runs JSON functions and table-valued pragmas', async () => {
    const database = await open(await temporaryFile(), 'write');
    await database.exec('CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)');
    await database.run('INSERT INTO c VALUES (5)');
    expect(await database.all("SELECT value ->> 0 AS v FROM jsonb_each('[[1],[2]]')")).toEqual([{ v: 1 }, { v: 2 }]);
    expect(await database.all('SELECT page_size > 0 AS ok FROM pragma_page_size()')).toEqual([{ ok: 1 }]);
    await database.close();
  });

  it('finds the file locked at once: waiting is not the business of a thread that others need', async () => {
    const database = await open(await temporaryFile(), 'write');
    expect(await database.all('PRAGMA busy_timeout')).toEqual([{ timeout: 0 }]);
    await database.close();
  });

  it('never creates a file to read it', async () => {
    await expect(open(await temporaryFile(), 'read')).rejects.toMatchObject({ code: 'cannot-open' });
  });

  it('writes nothing to a file opened to read', async () => {
    const file = await temporaryFile();
    const database = await open(file, 'write');
    await database.exec('CREATE TABLE t (a)');
    await database.close();
    const reader = await open(file, 'read');
    await expect(reader.run('INSERT INTO t VALUES (1)')).rejects.toMatchObject({ code: 'read-only' });
    await reader.close();
  });

  it('refuses to read a value longer than any of Ferret, where the library can be told to', async () => {
    const [major = 0] = process.versions.node.split('.').map(Number);
    const hasLimits = name === 'sqlite3' || major >= 24;
    const file = await temporaryFile();
    const database = await open(file, 'write');
    await database.exec(`CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(${MAX_READ_BYTES + 1}))`);
    await database.close();
    const reader = await open(file, 'read');
    const reading = reader.all('SELECT length(substr(a, 1)) AS length FROM t');
    if (hasLimits) await expect(reading).rejects.toThrow('too big');
    else expect(await reading).toEqual([{ length: MAX_READ_BYTES + 1 }]);
    await reader.close();
  });

  it('understands URIs: mode=rw never creates a file, immutable reads one', async () => {
    const file = await temporaryFile();
    const uri = pathToFileURL(file).href;
    if (!process.versions.node.startsWith('22.1')) {
      await expect(open(`${uri}?mode=rw`, 'write')).rejects.toMatchObject({ code: 'cannot-open' });
    }
    const database = await open(file, 'write');
    await database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    await database.close();
    for (const [query, mode] of [
      ['?immutable=1', 'read'],
      ['?mode=rw', 'write'],
    ] as const) {
      const again = await open(uri + query, mode);
      expect(await again.all('SELECT a FROM t')).toEqual([{ a: 1 }]);
      await again.close();
    }
  });

  it('has one code for each kind of trouble', async () => {
    const file = await temporaryFile();
    const [database, other] = [await open(file, 'write'), await open(file, 'write')];
    await database.exec(
      'CREATE TABLE t (a UNIQUE, CHECK (a < 9)); INSERT INTO t VALUES (1); PRAGMA max_page_count = 1',
    );
    await expect(database.run('INSERT INTO t VALUES (1)')).rejects.toMatchObject({ code: 'constraint' });
    await expect(database.run('INSERT INTO t VALUES (9)')).rejects.toMatchObject({ code: 'constraint' });
    await expect(database.exec('CREATE TABLE u (a); CREATE TABLE v (a);')).rejects.toMatchObject({ code: 'full' });
    await other.run('BEGIN EXCLUSIVE');
    await expect(database.all('SELECT * FROM t')).rejects.toMatchObject({ code: 'busy' });
    await Promise.all([database.close(), other.close()]);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(file, 'this is not a database, and longer than the header of one'.repeat(20));
    const nothing = await open(file, 'write');
    await expect(nothing.all('SELECT * FROM t')).rejects.toMatchObject({ code: 'not-a-database' });
    await nothing.close();
  });

  it('lets others commit after a statement that found the file locked', async () => {
    const file = await temporaryFile();
    const [database, other] = [await open(file, 'write'), await open(file, 'write')];
    await database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a)');
    for (const attempt of [
      () => database.run('DELETE FROM t'),
      () => database.all('DELETE FROM t WHERE true RETURNING a'),
      () => database.transaction([{ sql: 'DELETE FROM t' }]),
    ]) {
      await other.run('BEGIN IMMEDIATE');
      await expect(attempt()).rejects.toMatchObject({ code: 'busy' });
      await other.run('COMMIT');
      await database.run('BEGIN IMMEDIATE');
      await database.run('INSERT INTO t VALUES (1)');
      await database.run('COMMIT');
    }
    await Promise.all([database.close(), other.close()]);
  });

  describe('runs a transaction', () => {
    const begin = async () => {
      const database = await open(await temporaryFile(), 'write');
      await database.exec('CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)');
      return database;
    };
    const rows = (database: Database) => database.all('SELECT a FROM t ORDER BY a');

    it('as a whole, and returns what each statement found', async () => {
      const database = await begin();
      const results = await database.transaction([
        { sql: 'SELECT a FROM t', mustFind: true },
        { sql: 'INSERT INTO t VALUES (?)', parameters: [2] },
        { sql: 'INSERT INTO t VALUES (?1) RETURNING a + ?2 AS b', parameters: [3, 4] },
        { sql: 'SELECT changes() AS n' },
      ]);
      expect(results).toEqual([[{ a: 1 }], [], [{ b: 7 }], [{ n: 1 }]]);
      expect(await rows(database)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
      await database.close();
    });

    it('not at all where it does not find what it must', async () => {
      const database = await begin();
      const statements = [{ sql: 'DELETE FROM t' }, { sql: 'SELECT a FROM t', mustFind: true }];
      expect(await database.transaction(statements)).toBeUndefined();
      expect(await rows(database)).toEqual([{ a: 1 }]);
      await database.close();
    });

    it('not at all where a statement fails, and another one afterwards', async () => {
      const database = await begin();
      const insert = (a: number) => ({ sql: 'INSERT INTO t VALUES (?)', parameters: [a] });
      await expect(database.transaction([insert(2), insert(1)])).rejects.toMatchObject({ code: 'constraint' });
      expect(await rows(database)).toEqual([{ a: 1 }]);
      await database.transaction([insert(2)]);
      expect(await rows(database)).toEqual([{ a: 1 }, { a: 2 }]);
      await database.close();
    });
  });
});

if (hasNodeSqlite()) {
  it('the thread of node:sqlite is one for all files, ends a second after the last is closed, and starts again', async () => {
    const files = [await temporaryFile(), await temporaryFile()];
    for (let round = 0; round < 2; round++) {
      const databases = await Promise.all(files.map((file) => openNodeSqlite(file, 'write', 'thread')));
      for (const database of databases) await database.exec('CREATE TABLE IF NOT EXISTS t (a)');
      expect(sqliteThread.isRunning).toBe(true);
      await Promise.all(databases.map((database) => database.close()));
      await vi.waitFor(() => expect(sqliteThread.isRunning).toBe(false), 10_000);
    }
  });
}

it('says what to run when the native part of sqlite3 is missing', async () => {
  vi.resetModules();
  vi.doMock('sqlite3', () => {
    throw new Error('Could not locate the bindings file.');
  });
  vi.doMock('./node-sqlite-driver.js', async (original) => ({
    ...(await original<object>()),
    hasNodeSqlite: () => false,
  }));
  const { openDatabase: open } = await import('./driver.js');
  await expect(open(await temporaryFile(), 'write')).rejects.toMatchObject({
    code: 'DRIVER_MISSING',
    message: expect.stringContaining('Ferret has no SQLite to read or write its file with.'),
    cause: expect.anything(),
  });
  vi.doUnmock('sqlite3');
  vi.doUnmock('./node-sqlite-driver.js');
});
