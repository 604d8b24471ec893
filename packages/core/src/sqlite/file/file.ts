import { realpath, rename, rm } from 'node:fs/promises';
import type { Report } from '../../diagnostics.js';
import { FerretError } from '../../errors.js';
import { StoreForeignError, StoreUnavailableError } from '../../sink/sink.js';
import { identityOf, lookBeside, whyNotToOpen } from './beside.js';
import { type Database, findDriver, isSqliteError, openDatabase, type Place } from './driver.js';
import { MIGRATIONS, OLDEST_VERSION } from './migrations.js';
import { ensurePrivate, reportExposed, tightenModes } from './private-file.js';
import { APPLICATION_ID, CREATE_TABLES, SCHEMA_VERSION } from './schema.js';
import { findForeignObject } from './schema-check.js';
import { transaction } from './transaction.js';
import { CREATE_VIEWS, DROP_VIEWS } from './views.js';

/** Time for which a statement waits for a lock. The pipeline's back-off does the long waiting. */
const PATIENCE_MILLIS = 250;

/** The WAL is cut back to this size after a checkpoint. */
const JOURNAL_SIZE_LIMIT_BYTES = 64 * 1024 * 1024;

export type Synchronous = 'normal' | 'full';

/** SQLite's `journal_mode`. `truncate` is a rollback journal that stays there, empty, between two writes. */
export type Journal = 'wal' | 'truncate';

/** Whether an error says that the file is damaged, or no database at all. */
export function isDamage(error: unknown): boolean {
  return isSqliteError(error) && (error.code === 'not-a-database' || error.code === 'damaged');
}

/**
 * Opens the file for writing; creates it and its directory where they are missing. Mode 0600. A damaged one is moved
 * aside, and a new one begun.
 *
 * @param journal `as-is`: that of the file, as a tool takes it.
 * @throws StoreUnavailableError where something lies beside the file that SQLite must not touch. It is left as it is.
 */
export async function openForWriting(
  file: string,
  synchronous: Synchronous,
  report: Report,
  journal: Journal | 'as-is' = 'wal',
  place: Place = 'thread',
): Promise<Database> {
  // First, so that where there is no driver, no empty file is left behind.
  await findDriver(place);
  const options = { synchronous, report, journal, place };
  const before = await identityOf(file);
  try {
    return await openOnce(file, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    await replaceDamaged(file, before, error, report);
    return openOnce(file, options);
  }
}

interface WriteOptions {
  readonly synchronous: Synchronous;
  readonly report: Report;
  readonly journal: Journal | 'as-is';
  readonly place: Place;
}

async function openOnce(file: string, { synchronous, report, journal, place }: WriteOptions): Promise<Database> {
  const path = await ensurePrivate(file);
  const reason = await whyNotToOpen(path, await lookBeside(path), 'write');
  if (reason !== undefined) throw new StoreUnavailableError(`${file} is not opened: ${reason}.`);
  await tightenModes(path, report);
  const database = await openDatabase(path, 'write', { patienceMillis: PATIENCE_MILLIS, place });
  try {
    await database.exec(`
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
    `);
    await refuseForeign(file, database);
    // auto_vacuum only takes effect before the first table exists.
    await database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      ${journal === 'as-is' ? '' : `PRAGMA journal_mode = ${journal};`}
      PRAGMA synchronous = ${synchronous};
      PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES};
    `);
    await createSchema(file, database);
    await reportExposed(path, report);
    return database;
  } catch (error) {
    await database.close();
    throw error;
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
  if (application === APPLICATION_ID) {
    const foreign = await findForeignObject(database, 'main');
    if (foreign === undefined) return;
    throw new StoreForeignError(
      `${file} has ${foreign}, which Ferret did not make, and is not written to. Give Ferret another file, or remove it there.`,
    );
  }
  if (application === 0 && schema?.objects === 0) return;
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
  // So that the file is one of ours without its -wal, too: somebody may copy it alone. What cannot be now will be
  // later.
  await database.exec('PRAGMA wal_checkpoint(PASSIVE)').catch(() => {});
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
  if (version > 0 && version < OLDEST_VERSION) {
    throw new FerretError(
      'FILE_OLDER',
      `${file} was written by a version of Ferret before its first release (schema ${version}; this one knows ` +
        `${OLDEST_VERSION} to ${SCHEMA_VERSION}). It is left as it is. Move it away, or give this process another file.`,
    );
  }
  return version;
}

/** Moves a damaged file aside, and says so. Where another process has done so and begun a new one, that is left. */
export async function replaceDamaged(
  file: string,
  identity: string | undefined,
  cause: unknown,
  report: Report,
): Promise<void> {
  const aside = await moveAside(file, identity);
  if (aside === undefined) return;
  report('FILE_MOVED_ASIDE', `${file} is damaged. It was moved to ${aside}, and a new file begun.`, cause);
}

/**
 * Renames a damaged file to `<name>.corrupt-<time>`; nothing is ever deleted but the leftovers of its journal.
 *
 * @param identity of the file that was found damaged.
 */
async function moveAside(file: string, identity: string | undefined): Promise<string | undefined> {
  if (identity === undefined || (await identityOf(file)) !== identity) return undefined;
  const path = await realpath(file);
  const aside = `${path}.corrupt-${new Date().toISOString().replaceAll(':', '-')}`;
  await rename(path, aside);
  for (const suffix of ['-wal', '-shm']) {
    await rename(path + suffix, aside + suffix).catch(() => rm(path + suffix, { force: true }));
  }
  return aside;
}
