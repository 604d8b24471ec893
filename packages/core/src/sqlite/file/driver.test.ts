import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { isSqliteError, openDatabase } from './driver.js';

const temporaryFile = async () => join(await mkdtemp(join(tmpdir(), 'ferret-')), 'x.db');

it('says what to run when the native part of sqlite3 is missing', async () => {
  vi.resetModules();
  vi.doMock('sqlite3', () => {
    throw new Error('Could not locate the bindings file.');
  });
  const { openDatabase: open } = await import('./driver.js');
  await expect(open(await temporaryFile(), 'write')).rejects.toMatchObject({
    code: 'DRIVER_MISSING',
    message: expect.stringContaining('npm install-scripts approve sqlite3 && npm rebuild sqlite3'),
    cause: expect.anything(),
  });
  vi.doUnmock('sqlite3');
});

it('prepares a statement once, and again after it failed', async () => {
  const database = await openDatabase(await temporaryFile(), 'write');
  const count = 'SELECT count(*) AS n FROM t';
  const failure = await database.all(count).catch((error: unknown) => error);
  expect(isSqliteError(failure)).toBe(true);
  await database.exec('CREATE TABLE t (a)');
  await database.run('INSERT INTO t VALUES (?)', [1]);
  await database.run('INSERT INTO t VALUES (?)', [2]);
  expect(await database.all(count)).toEqual([{ n: 2 }]);
  await expect(database.exec('nonsense')).rejects.toThrow(/nonsense/);
  await database.close();
  await expect(database.close()).rejects.toThrow();
});

it('lets others commit after a statement that found the file locked', async () => {
  const file = await temporaryFile();
  const [database, other] = [await openDatabase(file, 'write'), await openDatabase(file, 'write')];
  await database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0; CREATE TABLE t (a)');
  for (const attempt of [
    () => database.run('DELETE FROM t'),
    () => database.all('DELETE FROM t WHERE true RETURNING a'),
  ]) {
    await other.run('BEGIN IMMEDIATE');
    await expect(attempt()).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    await other.run('COMMIT');
    await database.run('BEGIN IMMEDIATE');
    await database.run('INSERT INTO t VALUES (1)');
    await database.run('COMMIT');
  }
  await Promise.all([database.close(), other.close()]);
});

it('never creates a file to read it', async () => {
  await expect(openDatabase(await temporaryFile(), 'read')).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' });
});
