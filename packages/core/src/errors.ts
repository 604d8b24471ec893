/** Every code a {@link FerretError} can carry. Codes are stable; messages may be reworded. */
export type FerretErrorCode =
  /** An option is misspelt, ill-typed or out of range. */
  | 'INVALID_OPTION'
  /** Another tracer or context manager is registered with OpenTelemetry's API. */
  | 'OPENTELEMETRY_TAKEN'
  /** The native part of `sqlite3` is not installed. */
  | 'DRIVER_MISSING'
  /** The file does not exist. */
  | 'FILE_NOT_FOUND'
  /** The file exists, but cannot be read or written. */
  | 'FILE_UNREADABLE'
  /** The target of a new file exists already. */
  | 'FILE_EXISTS'
  /** The file has no content. */
  | 'FILE_EMPTY'
  /** The file is not an SQLite database. */
  | 'FILE_NOT_SQLITE'
  /** The file is the SQLite database of another program. */
  | 'FILE_FOREIGN'
  /** The file was written by a newer version of Ferret. */
  | 'FILE_NEWER'
  /** The file was written by a version of Ferret that is too old for this one to read. */
  | 'FILE_OLDER'
  /** The store is busy, locked or full: the same write may succeed later. */
  | 'STORE_UNAVAILABLE'
  /** No store is registered for the scheme of a URL. */
  | 'STORE_UNKNOWN'
  /** The store refused a batch for good. */
  | 'STORE_FAILED'
  /** No run with that id, or no run at all. */
  | 'RUN_NOT_FOUND'
  /** No trace with that id. */
  | 'TRACE_NOT_FOUND';

/**
 * The error class of Ferret, and the base of `StoreUnavailableError` and `StoreForeignError`. `code` says what happened
 * and is stable, `message` says what to do about it, and `cause` holds the underlying error, if there is one.
 */
export class FerretError extends Error {
  override readonly name = 'FerretError';
  readonly code: FerretErrorCode;

  constructor(code: FerretErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The `code` of anything that was thrown. Never throws. */
export function codeOf(error: unknown): unknown {
  try {
    return (error as { readonly code?: unknown } | null | undefined)?.code;
  } catch {
    return undefined;
  }
}

/** The message of anything that was thrown, or a placeholder where the message cannot be read. Never throws. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that cannot be read';
  }
}
