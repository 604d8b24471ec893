import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * The path of a process's spill file, beside its database, or at the place that `spillTo` names.
 *
 * @param suffix 1 at the process's end, where the plain name belongs to a file that is just being made or removed;
 *   {@link COPIES}, {@link NEXT_COPIES}. Default 0: none.
 */
export function spillFileOf(database: string, processKey: string, suffix = 0): string {
  return `${database}.spill-${processKey}${suffix === 0 ? '' : `.${suffix}`}`;
}

/** Suffix of the file with copies of what is in memory; see spill-copies.ts. */
export const COPIES = 2;

/**
 * Suffix of the file that is about to replace that one. It may be torn; the file that it replaces is whole until then.
 */
export const NEXT_COPIES = 3;

/** The key of the process that a spill file belongs to, by its name. */
export function processKeyOf(database: string, spill: string): string {
  return spill.slice(spillFileOf(database, '').length).replace(/\.\d+$/, '');
}

/**
 * Finds the spill files of all processes beside a database; none where the directory cannot be read. Of two files of
 * one process the later one comes first, because it has all that the database does not know. Copies come last: deferred
 * batches among them have later ids than those that were spilled before.
 */
export async function findSpillFiles(database: string): Promise<string[]> {
  return spillFilesAmong(await readdir(dirname(database)).catch(() => []), database);
}

function spillFilesAmong(names: readonly string[], database: string): string[] {
  const beginning = basename(spillFileOf(database, ''));
  const found = names
    .filter((name) => name.startsWith(beginning) && !name.endsWith(`.${NEXT_COPIES}`))
    .sort()
    .reverse();
  return [...found.filter((name) => !hasCopies(name)), ...found.filter(hasCopies)].map((name) =>
    join(dirname(database), name),
  );
}

/** Whether a spill file holds copies of what was in memory. */
export function hasCopies(spill: string): boolean {
  return spill.endsWith(`.${COPIES}`);
}

/** A spill file that waits to be taken in. */
export interface WaitingSpill {
  readonly file: string;
  readonly bytes: number;
}

/** Finds the spill files beside a database that are not empty. */
export async function measureSpillFiles(database: string): Promise<WaitingSpill[]> {
  const found = await Promise.all(
    (await findSpillFiles(database)).map(async (file) => {
      // A process may have taken the file in meanwhile.
      const size = await lstat(file).then(
        (stats) => (stats.isFile() ? stats.size : 0),
        () => 0,
      );
      return { file, bytes: size };
    }),
  );
  return found.filter(({ bytes }) => bytes > 0);
}

/** Bytes that even a small file takes on a disk. A file counts for as much at least, which bounds their number, too. */
const BLOCK_BYTES = 4096;

/** Bytes that the spill files of other processes take beside a database. */
export async function bytesOfOthers(database: string, processKey: string): Promise<number> {
  const names = await readdir(dirname(database)).catch(() => []);
  const others = othersAmong(names, database, processKey);
  return sumOf(await Promise.all(others.map((file) => lstat(file).catch(() => undefined))));
}

/** As {@link bytesOfOthers}, at the process's end, when nothing asynchronous runs any more. */
export function bytesOfOthersSync(database: string, processKey: string): number {
  try {
    const others = othersAmong(readdirSync(dirname(database)), database, processKey);
    return sumOf(others.map((file) => lstatSync(file, { throwIfNoEntry: false })));
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
