import { statSync } from 'node:fs';

/** Bytes of a database and its `-wal`. A file that is missing or cannot be seen counts as 0. */
export function bytesOnDisk(database: string): number {
  let bytes = 0;
  for (const file of [database, `${database}-wal`]) {
    try {
      bytes += statSync(file).size;
    } catch {
      // The file is missing, or this user may not see it.
    }
  }
  return bytes;
}
