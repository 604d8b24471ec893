import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FerretError } from '../../errors.js';
import { type Database, isSqliteError, openDatabase, type SqliteError, type SqlValue } from '../file/driver.js';
import { APPLICATION_ID, SCHEMA_VERSION } from '../file/schema.js';
import { explainFileError, explainSqliteError } from './explain-errors.js';

/** A Ferret file, opened for reading. What SQLite reports arrives as a {@link FerretError} that names the file. */
export interface Connection {
  /** Where the file is. */
  readonly path: string;
  /** As it was when the file was opened. A writer may raise it meanwhile, which takes nothing away. */
  readonly schemaVersion: number;
  all<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /**
   * Runs a statement that fills a temporary table: SQLite keeps it in a file of its own, which vanishes with the
   * connection. Not to be called twice at once.
   */
  scratch(sql: string, parameters?: readonly SqlValue[]): Promise<void>;
  close(): Promise<void>;
}

/** Another process may hold the file for a moment, while it recovers or checkpoints. */
const BUSY_TIMEOUT_MILLIS = 5_000;

/** Stands before the table itself, as everything temporary does. */
const SPAN_OF_SCHEMA_1 = `
CREATE TEMPORARY VIEW span AS SELECT *, NULL AS keep_reason, NULL AS keep_probability FROM main.span`;

/** Opens `file`, and makes sure that it is one Ferret can read. */
export async function connect(file: string): Promise<Connection> {
  await requireReadableFile(file);
  try {
    const database = await open(file);
    const schemaVersion = await schemaVersionOf(database);
    if (schemaVersion < 2) await fillTemporary(database, SPAN_OF_SCHEMA_1);
    const explain = (error: unknown) => Promise.reject(explainSqliteError(file, error));
    return {
      path: resolve(file),
      schemaVersion,
      all: (sql, parameters) => database.all<never>(sql, parameters).catch(explain),
      scratch: (sql, parameters) => fillTemporary(database, sql, parameters).catch(explain),
      close: () => database.close(),
    };
  } catch (error) {
    throw explainSqliteError(file, error);
  }
}

async function requireReadableFile(file: string): Promise<void> {
  let size: number;
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      const kind = found.isDirectory() ? 'a directory' : 'not a regular file';
      throw new FerretError('FILE_UNREADABLE', `${file} is ${kind}. Give the path of the file that Ferret writes.`);
    }
    await access(file, constants.R_OK);
    size = found.size;
  } catch (error) {
    throw error instanceof FerretError ? error : explainFileError(file, error);
  }
  if (size === 0) {
    throw new FerretError('FILE_EMPTY', `${file} is empty: nothing has been recorded into it.`);
  }
}

/**
 * A file without a `-wal` beside it has no writer at this moment. A read-only connection would leave an empty `-wal`
 * and a `-shm` behind, because only a connection that may write removes them again; so such a file is opened for
 * writing, without the permission to create it (`mode=rw`), and then bound to reading by `query_only`. Where the
 * directory does not let SQLite make those two files at all, and there is no writer either, the file may be read as
 * `immutable`: without locks, without a `-wal`.
 *
 * A file with a `-wal` is being written, or its writer has crashed: there a read-only connection adds nothing, and
 * ignoring the `-wal` would hide its latest spans.
 */
async function open(file: string): Promise<Database> {
  const path = resolve(file);
  if (await exists(`${path}-wal`)) {
    return openVerified(file, path, 'read');
  }
  const uri = pathToFileURL(path).href;
  // The first look takes no lock and leaves no trace: the file may belong to another program.
  const glance = await openVerified(file, `${uri}?immutable=1`, 'read');
  await glance.close();
  try {
    return await openVerified(file, `${uri}?mode=rw`, 'write');
  } catch (error) {
    if (isSqliteError(error) && needsFilesBeside(error) && !(await exists(`${path}-wal`))) {
      return openVerified(file, `${uri}?immutable=1`, 'read');
    }
    throw error;
  }
}

async function openVerified(file: string, location: string, mode: 'read' | 'write'): Promise<Database> {
  const database = await openDatabase(location, mode);
  try {
    await database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MILLIS}; PRAGMA query_only = ON;`);
    await requireFerretFile(file, database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** `query_only` would keep SQLite from temporary tables and views too. */
async function fillTemporary(database: Database, sql: string, parameters?: readonly SqlValue[]): Promise<void> {
  await database.exec('PRAGMA query_only = OFF');
  try {
    await database.run(sql, parameters);
  } finally {
    await database.exec('PRAGMA query_only = ON');
  }
}

async function requireFerretFile(file: string, database: Database): Promise<void> {
  const [application] = await database.all<{ application_id: number }>('PRAGMA application_id');
  const id = application?.application_id ?? 0;
  if (id !== APPLICATION_ID && !(id === 0 && (await isBlank(database)))) {
    throw new FerretError('FILE_FOREIGN', `${file} is the SQLite database of another program, not a Ferret file.`);
  }
  const version = await schemaVersionOf(database);
  if (version > SCHEMA_VERSION) {
    throw new FerretError(
      'FILE_NEWER',
      `${file} has file format ${version}, and this version of Ferret reads up to format ${SCHEMA_VERSION}. ` +
        'Install a newer version of Ferret to read it.',
    );
  }
  if (version === 0) {
    throw new FerretError('FILE_EMPTY', `${file} holds no tables yet: nothing has been recorded into it.`);
  }
}

async function schemaVersionOf(database: Database): Promise<number> {
  const [schema] = await database.all<{ user_version: number }>('PRAGMA user_version');
  return schema?.user_version ?? 0;
}

/** A process that ended while it began the file leaves it without a table, and without an id. */
async function isBlank(database: Database): Promise<boolean> {
  const [schema] = await database.all<{ objects: number }>('SELECT count(*) AS objects FROM sqlite_schema');
  return schema?.objects === 0;
}

/** SQLite could not make the `-wal` or the `-shm`: both codes occur, by which of the two it tried first. */
function needsFilesBeside({ code }: SqliteError): boolean {
  return code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY';
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
