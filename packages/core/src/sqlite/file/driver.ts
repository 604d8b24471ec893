import { FerretError } from '../../errors.js';

/** A value SQLite stores. Nothing else is ever bound: an object with a hostile `toString` crashed older drivers. */
export type SqlValue = string | number | Buffer | null;

/** The part of a driver that Ferret uses. Every statement is prepared once and kept until `close()`. */
export interface Database {
  /** Runs one statement that returns no rows. */
  run(sql: string, parameters?: readonly SqlValue[]): Promise<void>;
  /** Runs one statement and returns its rows. */
  all<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /** Runs several statements without parameters, unprepared. */
  exec(sql: string): Promise<void>;
  /** Finalizes every statement and closes the file. */
  close(): Promise<void>;
}

/** SQLite's own error: `code` is the primary result code's name, such as `SQLITE_BUSY`. */
export interface SqliteError extends Error {
  code: string;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_');
}

interface DriverStatement {
  run(parameters: readonly SqlValue[], callback: (error: Error | null) => void): void;
  all(parameters: readonly SqlValue[], callback: (error: Error | null, rows: object[]) => void): void;
  reset(callback: () => void): void;
  finalize(callback: () => void): void;
}

interface DriverDatabase {
  prepare(sql: string, callback: (error: Error | null) => void): DriverStatement;
  exec(sql: string, callback: (error: Error | null) => void): void;
  close(callback: (error: Error | null) => void): void;
}

interface Driver {
  Database: new (file: string, mode: number, callback: (error: Error | null) => void) => DriverDatabase;
  OPEN_READONLY: number;
  OPEN_READWRITE: number;
  OPEN_CREATE: number;
  OPEN_URI: number;
}

/** Loads `sqlite3` on first use, so that importing Ferret costs nothing of it. */
async function loadDriver(): Promise<Driver> {
  try {
    const module = await import('sqlite3');
    return (module.default ?? module) as unknown as Driver;
  } catch (cause) {
    throw new FerretError(
      'DRIVER_MISSING',
      'The native part of the package "sqlite3" is missing, so Ferret cannot read or write its file. ' +
        'Its install script was probably blocked. Run: npm install-scripts approve sqlite3 && npm rebuild sqlite3',
      { cause },
    );
  }
}

/**
 * One that found the file locked waits to be gone on with, in SQLite's eyes, and no other could commit meanwhile: "cannot commit
 * transaction - SQL statements in progress".
 */
function abandon(statement: DriverStatement, error: Error, reject: (error: Error) => void): void {
  statement.reset(() => reject(error));
}

class Sqlite3Database implements Database {
  readonly #handle: DriverDatabase;
  readonly #statements = new Map<string, Promise<DriverStatement>>();

  constructor(handle: DriverDatabase) {
    this.#handle = handle;
  }

  #prepare(sql: string): Promise<DriverStatement> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = new Promise<DriverStatement>((resolve, reject) => {
        const prepared = this.#handle.prepare(sql, (error) => (error ? reject(error) : resolve(prepared)));
      });
      this.#statements.set(sql, statement);
      statement.catch(() => this.#statements.delete(sql));
    }
    return statement;
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
      this.#handle.exec(sql, (error) => (error ? reject(error) : resolve()));
    });
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
      this.#handle.close((error) => (error ? reject(error) : resolve()));
    });
  }
}

/**
 * Opens a database file, given by its absolute path or a `file:` URI.
 *
 * @param mode `read` never creates or changes a file; `write` creates it where it is missing.
 * @throws FerretError `DRIVER_MISSING`; SQLite's own error otherwise.
 */
export async function openDatabase(file: string, mode: 'read' | 'write'): Promise<Database> {
  const driver = await loadDriver();
  const access = mode === 'read' ? driver.OPEN_READONLY : driver.OPEN_READWRITE | driver.OPEN_CREATE;
  const flags = access | driver.OPEN_URI;
  return new Promise((resolve, reject) => {
    const handle = new driver.Database(file, flags, (error) =>
      error ? reject(error) : resolve(new Sqlite3Database(handle)),
    );
  });
}
