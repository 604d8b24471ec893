import { readdirSync, type Stats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * The spill file of a process, beside its database.
 *
 * @param generation more than 0 where the name is taken at the process's end, by a file that is just being made or removed.
 */
export function spillFileOf(database: string, processKey: string, generation = 0): string {
  return `${database}.spill-${processKey}${generation === 0 ? '' : `.${generation}`}`;
}

/** Whose a spill file is, by its name. */
export function processKeyOf(database: string, spill: string): string {
  return spill.slice(spillFileOf(database, '').length).replace(/\.\d+$/, '');
}

/**
 * The spill files beside a database, whosever they are; none where the directory cannot be read. Of two of one process the later
 * one comes first: it has all that the database does not know.
 */
export async function findSpillFiles(database: string): Promise<string[]> {
  return spillFilesAmong(await readdir(dirname(database)).catch(() => []), database);
}

function spillFilesAmong(names: readonly string[], database: string): string[] {
  const beginning = basename(spillFileOf(database, ''));
  return names
    .filter((name) => name.startsWith(beginning))
    .sort()
    .reverse()
    .map((name) => join(dirname(database), name));
}

/** A spill file that waits to be taken in. */
export interface WaitingSpill {
  readonly file: string;
  readonly bytes: number;
}

/** The spill files beside a database that hold something. */
export async function measureSpillFiles(database: string): Promise<WaitingSpill[]> {
  const found = await Promise.all(
    (await findSpillFiles(database)).map(async (file) => {
      // It may be taken in meanwhile.
      const size = await stat(file).then(
        (stats) => stats.size,
        () => 0,
      );
      return { file, bytes: size };
    }),
  );
  return found.filter(({ bytes }) => bytes > 0);
}

/** What even a small file takes of a disk. Counted as that, so that the files are bounded in number too. */
const BLOCK_BYTES = 4096;

/** What the spill files of other processes take beside a database. */
export async function bytesOfOthers(database: string, processKey: string): Promise<number> {
  const names = await readdir(dirname(database)).catch(() => []);
  const others = othersAmong(names, database, processKey);
  return sumOf(await Promise.all(others.map((file) => stat(file).catch(() => undefined))));
}

/** The same at the process's end, when nothing asynchronous runs any more. */
export function bytesOfOthersSync(database: string, processKey: string): number {
  try {
    const others = othersAmong(readdirSync(dirname(database)), database, processKey);
    return sumOf(others.map((file) => statSync(file, { throwIfNoEntry: false })));
  } catch {
    return 0; // The directory is missing, or shows nothing.
  }
}

function othersAmong(names: readonly string[], database: string, processKey: string): string[] {
  return spillFilesAmong(names, database).filter((file) => processKeyOf(database, file) !== processKey);
}

function sumOf(found: readonly (Stats | undefined)[]): number {
  return found.reduce((sum, stats) => sum + (stats === undefined ? 0 : Math.max(stats.size, BLOCK_BYTES)), 0);
}
