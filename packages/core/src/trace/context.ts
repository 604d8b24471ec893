import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../process-wide.js';
import type { Span } from './span.js';

/**
 * The current span, carried through callbacks, promises and timers. One storage for the process: the CommonJS and the
 * ES module copy of this package share it, and so does every Ferret instance.
 */
const storage = processWide('context', () => new AsyncLocalStorage<Span>());

/**
 * The span that the running code belongs to, or `undefined` outside of any.
 *
 * @example
 * currentSpan()?.annotate({ 'cart.items': 3 });
 */
export function currentSpan(): Span | undefined {
  return storage.getStore();
}

/** Runs `fn` with `span` as the current span, and returns what it returns. */
export function withSpan<Result, Args extends unknown[]>(
  span: Span,
  fn: (...args: Args) => Result,
  ...args: Args
): Result {
  return storage.run(span, fn, ...args);
}
