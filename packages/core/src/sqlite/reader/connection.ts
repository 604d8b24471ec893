import { access, constants, stat, truncate } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FerretError } from '../../errors.js';
import { findSpillFiles } from '../../spill/spill-file.js';
import { type Database, findDriver, isSqliteError, openDatabase, type Place, type SqlValue } from '../file/driver.js';
import { OLDEST_VERSION, standIns } from '../file/migrations.js';
import { APPLICATION_ID, SCHEMA_VERSION } from '../file/schema.js';
import { findForeignObject } from '../file/schema-check.js';
import { ATTACHED, Attachment } from './attachment.js';
import { soundRows } from './columns.js';
import { explainFileError, explainSqliteError, IF_COPIED } from './explain-errors.js';

/** A Ferret file, opened for reading. What SQLite reports arrives as a {@link FerretError} that names the file. */
export interface Connection {
  /** Where the file is. */
  readonly path: string;
  /** Rows whose columns hold what the schema declares, whatever the file holds. */
  all<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /**
   * Runs a statement that fills a temporary table: SQLite keeps it in a file of its own, which vanishes with the
   * connection.
   */
  scratch(sql: string, parameters?: readonly SqlValue[]): Promise<void>;
  /** Writes the whole file, as it is at one moment, to an empty file. */
  copyTo(path: string): Promise<void>;
  /** Reads a pragma of the file that is a number. */
  pragma(name: string): Promise<number>;
  close(): Promise<void>;
}

/** Another process may hold the file for a moment, while it recovers or checkpoints. */
const PATIENCE_MILLIS = 5_000;

/** Number of attempts to read what changed meanwhile, and the first pause between them; pauses grow. */
const MAX_ATTEMPTS = 10;
const PAUSE_MILLIS = 20;

/** After so long without a call, the file is let go of until the next. */
const IDLE_MILLIS = 100;

/** Opens `file`, and makes sure that it is one Ferret can read. Nothing is changed, created or removed beside it. */
export async function connect(file: string, place: Place = 'thread'): Promise<Connection> {
  // First: what a process without a driver has not written would be reported as empty.
  await findDriver(place);
  await requireReadableFile(file);
  const connection = new AttachedConnection(
    file,
    await openDatabase(':memory:', 'read', { patienceMillis: PATIENCE_MILLIS, place }),
  );
  try {
    await connection.open();
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * The file is attached to a connection without a file of its own, so that its temporary tables outlive a change of the
 * file.
 */
class AttachedConnection implements Connection {
  readonly path: string;
  readonly #file: string;
  readonly #database: Database;
  readonly #attachment: Attachment;
  /** The call under way: while something is read, the file cannot be attached anew. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #idle: NodeJS.Timeout | undefined;
  /** Temporary views that stand before the tables of an older file, as everything temporary does: their names. */
  #standIns: readonly string[] = [];

  constructor(file: string, database: Database) {
    this.path = resolve(file);
    this.#file = file;
    this.#database = database;
    this.#attachment = new Attachment(database, file);
  }

  async open(): Promise<void> {
    await this.#database.exec(`
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
    `);
    await this.pragma('user_version');
  }

  all<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]> {
    return this.#inTurn(async () => soundRows(await this.#database.all<Row>(sql, parameters)));
  }

  scratch(sql: string, parameters?: readonly SqlValue[]): Promise<void> {
    return this.#inTurn(() => this.#database.run(sql, parameters));
  }

  copyTo(path: string): Promise<void> {
    return this.#inTurn(async () => {
      await truncate(path); // It may not be the first attempt.
      await this.#database.run(`VACUUM ${ATTACHED} INTO ?`, [path]);
    });
  }

  pragma(name: string): Promise<number> {
    return this.#inTurn(() => numberOf(this.#database, name));
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this.#isClosed = true;
    clearTimeout(this.#idle);
    await this.#database.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    const result = this.#last.catch(() => {}).then(() => this.#consistently(work));
    this.#last = result;
    void result.catch(() => {}).then(() => this.#releaseWhenIdle(result));
    return result;
  }

  #releaseWhenIdle(last: Promise<unknown>): void {
    if (this.#last !== last || this.#isClosed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#last = this.#attachment.release();
    }, IDLE_MILLIS).unref();
  }

  /** Does it again where somebody wrote to the file meanwhile without a lock that held him up. */
  async #consistently<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#renew();
        const result = await work();
        if (await this.#attachment.isStillRight()) return result;
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !(await this.#mayPass(error))) throw this.#explain(error);
      }
      if (attempt === MAX_ATTEMPTS) {
        throw new FerretError('STORE_UNAVAILABLE', `${this.#file} changes while it is read. Try again.`);
      }
      await sleep(PAUSE_MILLIS * attempt);
    }
  }

  async #renew(): Promise<void> {
    const isNew = await this.#attachment.renew();
    if (isNew) await requireFerretFile(this.#file, this.#database);
    if (!isNew && this.#standIns.length === 0) return;
    // A writer may bring the file up to date at any time.
    const views = standIns(await numberOf(this.#database, 'user_version'), ATTACHED);
    const names = Object.keys(views);
    if (names.length === this.#standIns.length) return;
    for (const name of this.#standIns) await this.#database.run(`DROP VIEW temp.${name}`);
    for (const name of names) await this.#database.run(`CREATE TEMPORARY VIEW ${name} AS ${views[name]}`);
    this.#standIns = names;
  }

  /**
   * Half a change looks like damage. Without the right to write a `-shm`, SQLite waits for the writer to prepare it.
   */
  async #mayPass(error: unknown): Promise<boolean> {
    if (!isSqliteError(error)) return false;
    if (error.code === 'read-only' || error.code === 'cannot-open') return true;
    return !(await this.#attachment.isStillRight().catch(() => true));
  }

  #explain(error: unknown): unknown {
    if (isSqliteError(error) || error instanceof FerretError) return explainSqliteError(this.#file, error);
    return error instanceof Error && 'code' in error ? explainFileError(this.#file, error) : error;
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
    if (error instanceof FerretError) throw error;
    const spills = await findSpillFiles(resolve(file));
    throw spills.length === 0 ? explainFileError(file, error) : onlySpilled(file, spills.length, error);
  }
  if (size === 0) {
    throw new FerretError('FILE_EMPTY', `${file} is empty: nothing has been recorded into it.`);
  }
}

function onlySpilled(file: string, count: number, cause: unknown): FerretError {
  const what = count === 1 ? 'a spill file lies' : `${count} spill files lie`;
  return new FerretError(
    'FILE_NOT_FOUND',
    `There is no file ${file} yet, but ${what} beside it: what processes recorded that ended before they could store it. ` +
      'Run "ferret recover" with this path, or start the app again.',
    { cause },
  );
}

async function requireFerretFile(file: string, database: Database): Promise<void> {
  const id = await numberOf(database, 'application_id');
  if (id !== APPLICATION_ID && !(id === 0 && (await isBlank(database)))) {
    throw new FerretError('FILE_FOREIGN', `${file} is the SQLite database of another program, not a Ferret file.`);
  }
  const version = await numberOf(database, 'user_version');
  if (version > SCHEMA_VERSION) {
    throw new FerretError(
      'FILE_NEWER',
      `${file} has file format ${version}, and this version of Ferret reads up to format ${SCHEMA_VERSION}. ` +
        'Install a newer version of Ferret to read it.',
    );
  }
  if (version > 0 && version < OLDEST_VERSION) {
    throw new FerretError(
      'FILE_OLDER',
      `${file} has file format ${version}, of before Ferret's first release, and this version reads formats ` +
        `${OLDEST_VERSION} to ${SCHEMA_VERSION}. Read it with the version that wrote it.`,
    );
  }
  if (version === 0) {
    throw new FerretError('FILE_EMPTY', `${file} holds no tables yet: nothing has been recorded into it. ${IF_COPIED}`);
  }
  const foreign = await findForeignObject(database, ATTACHED);
  if (foreign !== undefined) {
    throw new FerretError('FILE_FOREIGN', `${file} has ${foreign}, which Ferret did not make. It is not read.`);
  }
}

async function numberOf(database: Database, pragma: string): Promise<number> {
  const [row] = await database.all<Record<string, number>>(`PRAGMA ${ATTACHED}.${pragma}`);
  return row?.[pragma] ?? 0;
}

/** A process that ended while it began the file leaves it without a table, and without an id. */
async function isBlank(database: Database): Promise<boolean> {
  const [schema] = await database.all<{ objects: number }>(`SELECT count(*) AS objects FROM ${ATTACHED}.sqlite_schema`);
  return schema?.objects === 0;
}
