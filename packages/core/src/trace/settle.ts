import { withSpan } from './context.js';
import type { Span } from './span.js';

/**
 * Ends `span` when `result` is there: at once, or when its promise has settled. Returns `result`; for a promise, one that
 * settles the same way after the span has ended.
 */
export function endWhenSettled<T>(span: Span, result: T): T {
  if (!isThenable(result)) {
    span.end();
    return result;
  }
  const settled = (value: unknown) => {
    span.end();
    return value;
  };
  const failed = (error: unknown) => {
    span.recordError(error).end();
    throw error;
  };
  // A promise's own `then` keeps its class, and a rejection that nobody handles stays one. Queries that run on `then`
  // (knex, mongoose) run here, inside the span.
  const promise = result;
  return withSpan(span, () =>
    promise instanceof Promise ? promise.then(settled, failed) : Promise.resolve(promise).then(settled, failed),
  ) as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      typeof (value as { then?: unknown }).then === 'function'
    );
  } catch {
    return false; // A getter that throws is the caller's to meet, not ours.
  }
}
