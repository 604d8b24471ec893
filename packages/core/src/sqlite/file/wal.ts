import { readFile } from 'node:fs/promises';
import { lookAt } from './beside.js';
import type { Database } from './driver.js';

/** SQLite writes back 4 MB at a time: a `-wal` of this size is held by a reader that does not end. */
export const MAX_WAL_BYTES = 64 * 1024 * 1024;

/** The `-wal` and the `-shm` of a file that is open: which they are, and how large the `-wal` is. */
export interface WalState {
  /** Empty without either. */
  readonly identity: string;
  readonly bytes: number;
}

/** Asked for after every write: it looks at no more than it tells. @param path the real path of the database. */
export async function lookAtWal(path: string): Promise<WalState> {
  const found = await Promise.all([lookAt(`${path}-wal`), lookAt(`${path}-shm`)]);
  const [wal] = found;
  const identity = found.flatMap((file) => (file === undefined ? [] : [`${file.dev}:${file.ino}`])).join(' ');
  return { identity, bytes: Number(wal?.size ?? 0) };
}

/**
 * Writes the whole `-wal` back and cuts it off, as far as readers let it.
 *
 * @returns its size after that, in bytes.
 */
export async function writeBack(database: Database, path: string): Promise<number> {
  await database.all('PRAGMA wal_checkpoint(TRUNCATE)');
  return (await lookAtWal(path)).bytes;
}

/** The locks of readers on a `-shm`, by their bytes: https://sqlite.org/walformat.html#wal_locks. */
const FIRST_READ_LOCK = 123;
const LAST_READ_LOCK = 127;

/** Which processes read by way of the `-wal` at this moment, where the system says so: Linux, proc(5), /proc/locks. */
export async function findReaders(path: string): Promise<number[]> {
  const shm = await lookAt(`${path}-shm`);
  if (shm === undefined) return [];
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
  const pids = locks.split('\n').flatMap((line) => {
    const [, pid, inode, start] = /POSIX +ADVISORY +READ +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) (\d+) /.exec(line) ?? [];
    const isRead = inode === String(shm.ino) && Number(start) >= FIRST_READ_LOCK && Number(start) <= LAST_READ_LOCK;
    return isRead && Number(pid) > 0 ? [Number(pid)] : [];
  });
  return [...new Set(pids)];
}
