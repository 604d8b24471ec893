import { FerretError } from '../../errors.js';
import { codeOf, type Database, MAX_READ_BYTES, SqliteError, type SqlValue, type Statement } from './database.js';
import { explainMissingDriver } from './missing-driver.js';

interface Sqlite3Statement {
  run(parameters: readonly SqlValue[], callback: (error: Error | null) => void): void;
  all(parameters: readonly SqlValue[], callback: (error: Error | null, rows: object[]) => void): void;
  reset(callback: () => void): void;
  finalize(callback: () => void): void;
}

interface Sqlite3Handle {
  prepare(sql: string, callback: (error: Error | null) => void): Sqlite3Statement;
  exec(sql: string, callback: (error: Error | null) => void): void;
  configure(option: 'busyTimeout', millis: number): void;
  configure(option: 'limit', id: number, value: number): void;
  close(callback: (error: Error | null) => void): void;
}

/** The part of the package `sqlite3` that is used. */
export interface Sqlite3 {
  Database: new (file: string, mode: number, callback: (error: Error | null) => void) => Sqlite3Handle;
  OPEN_READONLY: number;
  OPEN_READWRITE: number;
  OPEN_CREATE: number;
  OPEN_URI: number;
  LIMIT_LENGTH: number;
}

/**
 * Loads the package `sqlite3`, which has a native part.
 *
 * @throws FerretError `DRIVER_MISSING`
 */
export async function loadSqlite3(): Promise<Sqlite3> {
  // In a `try`, which tells bundlers that it may be missing: it is optional.
  try {
    const module = await import('sqlite3');
    return (module.default ?? module) as unknown as Sqlite3;
  } catch (cause) {
    throw new FerretError('DRIVER_MISSING', await explainMissingDriver(cause), { cause });
  }
}

/**
 * `sqlite3` runs statements on libuv's thread pool, where nothing may wait for a lock: the application wants those
 * threads.
 */
export function openSqlite3(
  { Database, ...flags }: Sqlite3,
  location: string,
  mode: 'read' | 'write',
): Promise<Database> {
  const access = mode === 'read' ? flags.OPEN_READONLY : flags.OPEN_READWRITE | flags.OPEN_CREATE;
  return new Promise((resolve, reject) => {
    const handle = new Database(location, access | flags.OPEN_URI, (error) => {
      if (error) return reject(normalise(error));
      // A second by default.
      handle.configure('busyTimeout', 0);
      if (mode === 'read') handle.configure('limit', flags.LIMIT_LENGTH, MAX_READ_BYTES);
      resolve(new Sqlite3Database(handle));
    });
  });
}

class Sqlite3Database implements Database {
  readonly #handle: Sqlite3Handle;
  readonly #statements = new Map<string, Promise<Sqlite3Statement>>();

  constructor(handle: Sqlite3Handle) {
    this.#handle = handle;
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<void> {
    const statement = await this.#prepare(sql);
    return new Promise((resolve, reject) => {
      statement.run(parameters, (error) => (error ? abandon(statement, error, reject) : resolve()));
    });
  }

  async all<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    const statement = await this.#prepare(sql);
    return new Promise((resolve, reject) => {
      statement.all(parameters, (error, rows) => (error ? abandon(statement, error, reject) : resolve(rows as Row[])));
    });
  }

  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#handle.exec(sql, (error) => (error ? reject(normalise(error)) : resolve()));
    });
  }

  async transaction(statements: readonly Statement[]): Promise<object[][] | undefined> {
    await this.run('BEGIN IMMEDIATE');
    try {
      const results: object[][] = [];
      for (const { sql, parameters, mustFind } of statements) {
        const rows = await this.all(sql, parameters);
        if (mustFind && rows.length === 0) {
          await this.run('ROLLBACK');
          return undefined;
        }
        results.push(rows);
      }
      await this.run('COMMIT');
      return results;
    } catch (error) {
      await this.run('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const statements = await Promise.allSettled(this.#statements.values());
    this.#statements.clear();
    for (const statement of statements) {
      if (statement.status === 'fulfilled') {
        await new Promise<void>((resolve) => statement.value.finalize(resolve));
      }
    }
    return new Promise((resolve, reject) => {
      this.#handle.close((error) => (error ? reject(normalise(error)) : resolve()));
    });
  }

  #prepare(sql: string): Promise<Sqlite3Statement> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = new Promise<Sqlite3Statement>((resolve, reject) => {
        const prepared = this.#handle.prepare(sql, (error) => (error ? reject(normalise(error)) : resolve(prepared)));
      });
      this.#statements.set(sql, statement);
      statement.catch(() => this.#statements.delete(sql));
    }
    return statement;
  }
}

/**
 * A statement that failed with SQLITE_BUSY stays open until it is reset, and blocks every COMMIT on its connection:
 * "cannot commit transaction - SQL statements in progress".
 */
function abandon(statement: Sqlite3Statement, error: Error, reject: (error: Error) => void): void {
  statement.reset(() => reject(normalise(error)));
}

/** `errno` is SQLite's primary result code; the message begins with the code's name. */
function normalise(error: Error & { readonly errno?: number }): SqliteError {
  return new SqliteError(codeOf(error.errno ?? 1), error.message.replace(/^SQLITE_\w+: /, ''), { cause: error });
}
