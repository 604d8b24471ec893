/** A value SQLite stores. Nothing else is ever bound: an object with a hostile `toString` crashed older drivers. */
export type SqlValue = string | number | Buffer | null;

/**
 * The longest row or value that a connection opened to read accepts. Ferret writes none that is longer. SQLite refuses
 * a longer one before it takes the memory.
 */
export const MAX_READ_BYTES = 16 * 1024 * 1024;

/** A statement of a transaction. */
export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly SqlValue[];
  /** Where it finds no row, the transaction is rolled back. */
  readonly mustFind?: boolean;
}

/** The port to SQLite, which each driver implements. Every statement is prepared once and kept until `close()`. */
export interface Database {
  /** Runs one statement that returns no rows. */
  run(sql: string, parameters?: readonly SqlValue[]): Promise<void>;
  /** Runs one statement and returns its rows. */
  all<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /** Runs several statements without parameters, unprepared. */
  exec(sql: string): Promise<void>;
  /**
   * Runs all statements between `BEGIN IMMEDIATE` and `COMMIT`, or none of them: an error rolls back.
   *
   * @returns the rows of each statement; `undefined`, and nothing has changed, where one with `mustFind` found no row.
   */
  transaction(statements: readonly Statement[]): Promise<object[][] | undefined>;
  /** Finalizes every statement and closes the file. */
  close(): Promise<void>;
}

/** Kinds of what SQLite reports, the same for every driver. */
export type SqliteErrorCode =
  /** Another connection holds a lock. */
  | 'busy'
  | 'full'
  | 'damaged'
  | 'not-a-database'
  /** The file, its `-wal` or its `-shm`: no permission, not there, or no file descriptor left. */
  | 'cannot-open'
  | 'read-only'
  | 'io'
  | 'out-of-memory'
  | 'constraint'
  /** The driver's thread has ended, and the connection with it. */
  | 'gone'
  | 'other';

/** SQLite's own error. The message is SQLite's text. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly code: SqliteErrorCode;

  constructor(code: SqliteErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof SqliteError;
}

/** Primary result codes (https://sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, SqliteErrorCode>> = {
  5: 'busy',
  6: 'busy',
  7: 'out-of-memory',
  8: 'read-only',
  10: 'io',
  11: 'damaged',
  13: 'full',
  14: 'cannot-open',
  15: 'busy', // SQLITE_PROTOCOL: too many connections raced for a lock of the -wal.
  19: 'constraint',
  26: 'not-a-database',
};

/** @param resultCode SQLite's result code, primary or extended */
export function codeOf(resultCode: number): SqliteErrorCode {
  return CODES[resultCode & 255] ?? 'other';
}
