import { types } from 'node:util';
import { currentSpan, runWith, withSpan } from './context.js';
import { RecordingSpan } from './recording-span.js';
import type { Span } from './span.js';

/**
 * Ends `span` when `result` is there: at once, or when its promise has settled. Returns `result`; for a promise, one
 * that settles the same way after the span has ended.
 *
 * Anything else with a `then` may be a query that only runs when it is awaited (knex, mongoose, Prisma), and that the
 * caller goes on building. It is returned as it is, and the span lasts from when it is awaited first until it settles.
 * Never awaited, it has no span.
 *
 * @throws RangeError with the stack full; then nothing will end the span, and `result` is as it was.
 */
export function endWhenSettled<T>(span: Span, result: T): T {
  if (isPromise(result)) {
    let followed: Promise<unknown> | undefined;
    try {
      withSpan(span, () => {
        followed = follow(result, ended(span), failed(span));
      });
    } catch (error) {
      // The stack is full. A promise that is followed already is returned, because its rejection must be handled by the
      // caller.
      if (followed === undefined) throw error;
    }
    return followed as T;
  }
  if (!measureWhenAwaited(span, result)) span.end();
  return result;
}

function ended(span: Span): <Value>(value: Value) => Value {
  return (value) => {
    span.end();
    return value;
  };
}

function failed(span: Span): (error: unknown) => never {
  return (error) => {
    try {
      span.recordError(error);
    } finally {
      span.end();
    }
    throw error;
  };
}

/**
 * A promise whose work is under way. One with a `then` of its own may start it there (postgres.js), and one of a class
 * of its own may keep more than its result, or refuse to be made again.
 */
export function isPromise(value: unknown): value is Promise<unknown> {
  return types.isPromise(value) && Object.getPrototypeOf(value) === Promise.prototype && !Object.hasOwn(value, 'then');
}

/**
 * `promise.then(...)`, with the properties that the promise was given: `child` by Node's promisified `exec`, `json` by
 * ky. A rejection without a handler stays unhandled.
 */
export function follow(
  promise: Promise<unknown>,
  onFulfilled: (value: unknown) => unknown,
  onRejected: (error: unknown) => unknown,
): Promise<unknown> {
  const keys = Object.keys(promise);
  const followed = promise.then(onFulfilled, onRejected);
  // From here on nothing may throw, not even with the stack full: the caller would have a promise that it knows nothing
  // of.
  if (keys.length === 0) return followed;
  try {
    for (const key of keys) {
      const descriptor = Object.getOwnPropertyDescriptor(promise, key);
      if (descriptor !== undefined) Object.defineProperty(followed, key, descriptor);
    }
  } catch {
    // It goes without.
  }
  return followed;
}

type Then = (this: unknown, ...callbacks: unknown[]) => unknown;

/** Calls that may wait for the same object to be awaited. Some return one object again and again. */
const MAX_WAITING = 10;

/** By the `then` that waits, how many wait. */
const waiting = new WeakMap<object, number>();

/** @returns whether `result` has a `then` that will tell */
function measureWhenAwaited(span: Span, result: unknown): boolean {
  if (!(span instanceof RecordingSpan) || !isObject(result)) return false;
  try {
    if (!('then' in result)) return false;
    const own = Object.getOwnPropertyDescriptor(result, 'then');
    // A `then` that cannot be put back is left alone.
    if (own === undefined ? !Object.isExtensible(result) : !own.configurable) return false;
    const then = own === undefined ? inheritedThen(result) : own.value;
    if (typeof then !== 'function') return false;
    const before = waiting.get(then) ?? 0;
    if (before >= MAX_WAITING) return false;
    const watch: Then = function (this: unknown, ...callbacks) {
      // The result of `then`, and a second await, are the application's own.
      if (Object.getOwnPropertyDescriptor(result, 'then')?.value === watch) {
        if (own === undefined) Reflect.deleteProperty(result, 'then');
        else Object.defineProperty(result, 'then', own);
      }
      return awaited(span, then as Then, this, callbacks);
    };
    const descriptor = own ?? { configurable: true, enumerable: false, writable: true };
    Object.defineProperty(result, 'then', { ...descriptor, value: watch });
    waiting.set(watch, before + 1);
  } catch {
    return false; // A proxy or a getter that throws is the caller's to meet, not ours.
  }
  span.pause();
  return true;
}

/** Looked up without running a getter, which may start the work. */
function inheritedThen(result: object): unknown {
  for (let owner = Object.getPrototypeOf(result); owner !== null; owner = Object.getPrototypeOf(owner)) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, 'then');
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Calls `then` in the span, and the callbacks where the caller is. */
function awaited(span: RecordingSpan, then: Then, self: unknown, callbacks: readonly unknown[]): unknown {
  const [onFulfilled, onRejected, ...more] = callbacks;
  const outer = currentSpan();
  const after = (end: (value: unknown) => unknown, callback: unknown) => (value: unknown) => {
    let passedOn: unknown;
    try {
      passedOn = end(value);
    } catch (error) {
      if (span.data !== undefined && span.nextOverdue === undefined) {
        span.nextOverdue = span.tracer.overdue;
        span.tracer.overdue = span;
      }
      // A callback gets the error itself.
      if (typeof callback !== 'function') throw error;
    }
    return typeof callback === 'function' ? runWith(outer, callback as (value: unknown) => unknown, value) : passedOn;
  };
  span.resume();
  try {
    return withSpan(span, () =>
      then.call(self, after(ended(span), onFulfilled), after(failed(span), onRejected), ...more),
    );
  } catch (error) {
    try {
      span.recordError(error);
      span.end();
    } catch {
      if (span.data !== undefined && span.nextOverdue === undefined) {
        span.nextOverdue = span.tracer.overdue;
        span.tracer.overdue = span;
      }
    }
    throw error;
  }
}
