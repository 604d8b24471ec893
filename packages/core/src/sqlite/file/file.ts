import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FerretError } from '../../errors.js';
import { StoreForeignError } from '../../sink/sink.js';
import { type Database, isSqliteError, openDatabase } from './driver.js';
import { APPLICATION_ID, CREATE_TABLES, CREATE_VIEWS, DROP_VIEWS, MIGRATIONS, SCHEMA_VERSION } from './schema.js';
import { transaction } from './transaction.js';

/**
 * How long SQLite itself waits for a lock. Short, as it waits on a thread of libuv's pool that the application may
 * want; the pipeline's back-off does the long waiting.
 */
const BUSY_TIMEOUT_MILLIS = 250;

/** The WAL is cut back to this size after a checkpoint. */
const JOURNAL_SIZE_LIMIT_BYTES = 64 * 1024 * 1024;

export type Synchronous = 'normal' | 'full';

/** Which file is behind a name, so that another one in its place is recognised; nothing where there is none. */
export async function identityOf(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file);
    return `${dev}:${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether an error says that the file is damaged, or no database at all. */
export function isDamage(error: unknown): boolean {
  return isSqliteError(error) && (error.code === 'SQLITE_NOTADB' || error.code === 'SQLITE_CORRUPT');
}

/**
 * Opens the file for writing; creates it and its directory where they are missing. Mode 0600. A damaged one is moved aside, and a
 * new one begun.
 */
export async function openForWriting(
  file: string,
  synchronous: Synchronous,
  onMovedAside: (to: string, cause: unknown) => void,
): Promise<Database> {
  await mkdir(dirname(file), { recursive: true });
  const before = await identityOf(file);
  try {
    return await openOnce(file, synchronous);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = await moveAside(file, before);
    if (aside !== undefined) onMovedAside(aside, error);
    return openOnce(file, synchronous);
  }
}

async function openOnce(file: string, synchronous: Synchronous): Promise<Database> {
  await createPrivate(file);
  const database = await openDatabase(file, 'write');
  try {
    await database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MILLIS}`);
    await refuseForeign(file, database);
    // auto_vacuum only takes effect before the first table exists.
    await database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${synchronous};
      PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES};
    `);
    await createSchema(file, database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * SQLite would create the file with the umask's mode; its -wal and -shm take over the mode they find here. A file that is there
 * is not even opened: closing it would drop the locks this process may hold on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
async function createPrivate(file: string): Promise<void> {
  try {
    await writeFile(file, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The number that a pragma answers. */
async function pragma(database: Database, name: 'application_id' | 'user_version'): Promise<number> {
  const [row] = await database.all<Record<string, number>>(`SELECT ${name} AS value FROM pragma_${name}`);
  return row?.['value'] ?? 0;
}

async function refuseForeign(file: string, database: Database): Promise<void> {
  // Tables first: another process of ours that is just creating them sets the id in the same transaction.
  const [schema] = await database.all<{ objects: number }>('SELECT count(*) AS objects FROM sqlite_schema');
  const application = await pragma(database, 'application_id');
  if (application === APPLICATION_ID || (application === 0 && schema?.objects === 0)) return;
  throw new StoreForeignError(
    `${file} is the SQLite database of another program and is left alone. Give Ferret a file of its own: ` +
      'the option database, or FERRET_DATABASE.',
  );
}

/** Several processes may start at once: the first one in creates or changes the tables, the others find them. */
async function createSchema(file: string, database: Database): Promise<void> {
  if ((await versionOf(file, database)) === SCHEMA_VERSION) return;
  await transaction(database, async () => {
    const version = await versionOf(file, database);
    if (version === SCHEMA_VERSION) return;
    if (version === 0) await database.exec(CREATE_TABLES);
    else {
      for (let from = version; from < SCHEMA_VERSION; from++) await database.exec(MIGRATIONS[from]!);
      await database.exec(DROP_VIEWS);
    }
    await database.exec(`
      ${CREATE_VIEWS}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${SCHEMA_VERSION};
    `);
  });
}

async function versionOf(file: string, database: Database): Promise<number> {
  const version = await pragma(database, 'user_version');
  if (version > SCHEMA_VERSION) {
    throw new FerretError(
      'FILE_NEWER',
      `${file} was written by a newer version of Ferret (schema ${version}; this one knows up to ${SCHEMA_VERSION}). ` +
        'Update @ferretjs/core, or give this process another file.',
    );
  }
  return version;
}

/**
 * Renames a damaged file to `<name>.corrupt-<time>`; nothing is ever deleted but the leftovers of its journal.
 *
 * @param identity of the file that was found damaged. Where another process has moved it and begun a new one, that is left.
 */
export async function moveAside(file: string, identity: string | undefined): Promise<string | undefined> {
  if (identity === undefined || (await identityOf(file)) !== identity) return undefined;
  const aside = `${file}.corrupt-${new Date().toISOString().replaceAll(':', '-')}`;
  await rename(file, aside);
  for (const suffix of ['-wal', '-shm']) {
    await rename(file + suffix, aside + suffix).catch(() => rm(file + suffix, { force: true }));
  }
  return aside;
}
