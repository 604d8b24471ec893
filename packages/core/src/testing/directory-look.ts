import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC = Buffer.from('d9d505f920a163d7', 'hex');

const words = (...values: readonly number[]) =>
  Buffer.concat(
    values.map((value) => {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(value);
      return word;
    }),
  );

/**
 * Puts a rollback journal beside a database that is hot and names a victim as its super-journal: SQLite deletes both
 * when it opens the database for writing (https://sqlite.org/fileformat.html#the_rollback_journal).
 */
export function plantJournal(database: string, victim: string): void {
  const pageSize = readFileSync(database).readUInt16BE(16);
  const pages = statSync(database).size / pageSize;
  const header = Buffer.concat([MAGIC, words(0, 0, pages, 512, pageSize)], 512);
  const name = Buffer.from(victim);
  const sum = name.reduce((total, byte) => total + byte, 0);
  writeFileSync(
    `${database}-journal`,
    Buffer.concat([header, words(0x4000_0000 / pageSize + 1), name, words(name.length, sum), MAGIC]),
  );
}

/**
 * All that can be seen of a directory from outside: kinds, sizes, modes, times and content. As root, SQLite touches the
 * ctime.
 */
export function lookOf(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { mode, size, mtimeNs, nlink } = lstatSync(path, { bigint: true });
      return [name, mode.toString(8), size, mtimeNs, nlink, contentOf(path)].join(' ');
    });
}

function contentOf(path: string): string {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return readlinkSync(path);
  return found.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}
