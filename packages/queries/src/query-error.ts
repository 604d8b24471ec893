/** Every code a {@link QueryError} can carry: the same words as those of `FerretError` in `@ferretjs/core`. */
export type QueryErrorCode =
  /** The question contradicts itself, or leaves nothing to answer. */
  | 'INVALID_OPTION'
  /** No run with that id, or no run before another. */
  | 'RUN_NOT_FOUND'
  /** No trace with that id, or several whose id begins so. */
  | 'TRACE_NOT_FOUND';

/**
 * A question that has no answer. `code` says why and is stable; `message` says what to do about it.
 *
 * This package loads no code of `@ferretjs/core`, so a reader of any store will do. Errors are told apart by `code`,
 * not by class.
 */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: QueryErrorCode;

  constructor(code: QueryErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The code of an error of Ferret, of this package or of a reader; `undefined` for anything else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
