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

/** Another library's context, which travels in the same storage as the current span. */
export interface SharedContext<Stored extends object> {
  /** The current span, in what is stored. Returns spans as they are. */
  spanOf(stored: Stored | Span | undefined): Span | undefined;
  /** The value stored for code whose current span is `span`: it carries on what is stored now, but for the span. */
  storedFor(span: Span | undefined, now: Stored | Span | undefined): Stored | Span | undefined;
}

/** The storage of the current span, as another library sees it that has its context in there. */
export interface SharedStorage<Stored extends object> {
  getStore(): Stored | Span | undefined;
  run<Result>(stored: Stored | Span | undefined, fn: () => Result): Result;
  enterWith(stored: Stored | Span | undefined): void;
  /** The current span of code whose spans are not recorded. */
  readonly unrecorded: Span;
}

/** Whether the context of another library travels with the current span. */
export function isStorageShared(): boolean {
  return Object.hasOwn(spanStorage, 'getStore');
}

/**
 * Lets the context of another library travel with the current span: one switch of the async context then serves both.
 * All of Ferret goes on to see spans. There is no way back, as what is stored travels on in open sockets and timers.
 */
export function shareStorage<Stored extends object>(shared: SharedContext<Stored>): SharedStorage<Stored> {
  const storage = spanStorage as unknown as AsyncLocalStorage<Stored | Span | undefined>;
  const { getStore, enterWith } = AsyncLocalStorage.prototype as unknown as typeof storage;
  const stored = getStore.bind(storage);
  const enter = enterWith.bind(storage);
  // Not `AsyncLocalStorage.prototype.run`: it asks `getStore` what to go back to, and would be told the span alone.
  const run = (next: Stored | Span | undefined, fn: (...args: never[]) => unknown, args: never[]): unknown => {
    const before = stored();
    enter(next);
    try {
      return fn(...args);
    } finally {
      enter(before);
    }
  };
  Object.assign(spanStorage, {
    getStore: () => shared.spanOf(stored()),
    run: (span: Span | undefined, fn: (...args: never[]) => unknown, ...args: never[]) =>
      run(shared.storedFor(span, stored()), fn, args),
  });
  return {
    getStore: stored,
    run: <Result>(next: Stored | Span | undefined, fn: () => Result) => run(next, fn, []) as Result,
    enterWith: enter,
    unrecorded: UNRECORDED,
  };
}
