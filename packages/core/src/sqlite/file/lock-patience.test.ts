import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { type Database, openDatabase, SqliteError } from './driver.js';
import { withPatience } from './lock-patience.js';

const open = async (file: string, patienceMillis: number) => openDatabase(file, 'write', { patienceMillis });

async function lockedFile(): Promise<{ file: string; holder: Database }> {
  const file = join(temporaryDirectory(), 'x.db');
  const holder = await open(file, 0);
  await holder.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a)');
  await holder.run('BEGIN IMMEDIATE');
  return { file, holder };
}

it('P4: who waits for a lock holds up neither the file system nor whoever has the lock', async () => {
  const { file, holder } = await lockedFile();
  // Twice as many as libuv's pool has threads.
  const waiting = await Promise.all(Array.from({ length: 8 }, () => open(file, 60_000)));
  let isReleased = false;
  const writes = waiting.map((database) =>
    database.transaction([{ sql: 'INSERT INTO t VALUES (1)' }]).then(() => expect(isReleased).toBe(true)),
  );
  for (let i = 0; i < 20; i++) {
    await readFile(import.meta.filename);
    await holder.run('INSERT INTO t VALUES (0)');
  }
  isReleased = true;
  await holder.run('COMMIT');
  await Promise.all(writes);
  expect(await holder.all('SELECT count(*) AS n FROM t')).toEqual([{ n: 28 }]);
  await Promise.all([holder, ...waiting].map((database) => database.close()));
});

it('gives up when its patience ends', async () => {
  const { file, holder } = await lockedFile();
  const database = await open(file, 50);
  for (const attempt of [
    () => database.run('INSERT INTO t VALUES (1)'),
    () => database.all('INSERT INTO t VALUES (1) RETURNING a'),
    () => database.exec('INSERT INTO t VALUES (1)'),
    () => database.transaction([{ sql: 'INSERT INTO t VALUES (1)' }]),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: 'busy' });
  }
  await Promise.all([database.close(), holder.close()]);
});

it('waits for locks only', async () => {
  let calls = 0;
  const failing = {
    run: async () => {
      calls++;
      throw new SqliteError('io', 'disk I/O error');
    },
  } as unknown as Database;
  await expect(withPatience(failing, 60_000).run('x')).rejects.toMatchObject({ code: 'io' });
  expect(calls).toBe(1);
});
