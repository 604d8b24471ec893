/** Every code a {@link FerretError} can carry. Codes are stable; messages may be reworded. */
export type FerretErrorCode =
  /** An option is misspelt, ill-typed or out of range. */
  | 'INVALID_OPTION'
  /** The native part of `sqlite3` is not installed. */
  | 'DRIVER_MISSING'
  /** The file is not there. */
  | 'FILE_NOT_FOUND'
  /** The file is there and cannot be read or written. */
  | 'FILE_UNREADABLE'
  /** The file has no content. */
  | 'FILE_EMPTY'
  /** The file is not an SQLite database. */
  | 'FILE_NOT_SQLITE'
  /** The file is the SQLite database of another program. */
  | 'FILE_FOREIGN'
  /** The file was written by a newer version of Ferret. */
  | 'FILE_NEWER'
  /** The store is busy, locked or full: the same write may succeed later. */
  | 'STORE_UNAVAILABLE'
  /** The store refused a batch for good. */
  | 'STORE_FAILED'
  /** No run with that id, or no run at all. */
  | 'RUN_NOT_FOUND'
  /** No trace with that id. */
  | 'TRACE_NOT_FOUND';

/**
 * The one error class of Ferret. `code` says what happened and is stable, `message` says what to do about it, and
 * `cause` holds the error underneath, if there is one.
 */
export class FerretError extends Error {
  override readonly name = 'FerretError';
  readonly code: FerretErrorCode;

  constructor(code: FerretErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown, also of what cannot be read. Never throws. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that cannot be read';
  }
}
