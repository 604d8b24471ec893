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
  const beginning = basename(spillFileOf(database, ''));
  const names = await readdir(dirname(database)).catch(() => []);
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
