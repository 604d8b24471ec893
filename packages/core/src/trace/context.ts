import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../process-wide.js';
import type { Span } from './span.js';

/**
 * The current span, carried through callbacks, promises and timers. One storage for the process: the CommonJS and the
 * ES module copy of this package share it, and so does every Ferret instance.
 */
export const spanStorage = processWide('context', () => new AsyncLocalStorage<Span>());

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * The current span of code whose spans are not recorded, such as a store's. It has no valid ids, and its methods do
 * nothing.
 */
const UNRECORDED = processWide('unrecorded', (): Span & { readonly isSuppressed: true } => ({
  traceId: NO_TRACE,
  spanId: NO_SPAN,
  parentId: undefined,
  isRecording: false,
  isSuppressed: true,
  traceparent: `00-${NO_TRACE}-${NO_SPAN}-00`,
  tracestate: undefined,
  annotate() {
    return this;
  },
  rename() {
    return this;
  },
  recordError() {
    return this;
  },
  addLink() {
    return this;
  },
  addEvent() {
    return this;
  },
  end() {},
  [Symbol.dispose]() {},
}));

/** Whether the code that runs is one whose spans are not recorded, whatever parent they are given. */
export function isUnrecorded(current: Span | undefined): boolean {
  return current === UNRECORDED;
}

/** Runs `fn` outside of any span. Spans that it starts, and what it calls later, are not recorded. */
export function unrecorded<Result>(fn: () => Result): Result {
  return spanStorage.run(UNRECORDED, fn);
}

/**
 * The span that the running code belongs to, or `undefined` outside of any.
 *
 * @example
 * currentSpan()?.annotate({ 'cart.items': 3 });
 */
export function currentSpan(): Span | undefined {
  const span = spanStorage.getStore();
  return span === UNRECORDED ? undefined : span;
}

/** Runs `fn` with `span` as the current span, and returns what it returns. */
export function withSpan<Result, Args extends unknown[]>(
  span: Span,
  fn: (...args: Args) => Result,
  ...args: Args
): Result {
  return spanStorage.run(span, fn, ...args);
}

/**
 * Runs `fn` with `span` as the current span, or with none, and returns what it returns: for work that has children, and
 * where a library has lost the async context. The span does not end with that. A span of another library counts as
 * none.
 */
export function runWith<Result, Args extends unknown[]>(
  span: Span | undefined,
  fn: (...args: Args) => Result,
  ...args: Args
): Result {
  return spanStorage.run(asSpan(span) as Span, fn, ...args);
}

/** Code that asks for the current span calls its methods, which the span of another library does not have. */
function asSpan(given: Span | undefined): Span | undefined {
  try {
    return typeof given?.annotate === 'function' ? given : undefined;
  } catch {
    return undefined; // A proxy or a getter that throws.
  }
}
