import type { Span } from '@ferretjs/core';
import { follow, isPromise } from '@ferretjs/core/adapter';
import { isCold, traceObservable } from '../trace-observable.js';

/**
 * The promise that callers get, by the promise that a method returned. A method may return one promise again and again
 * (a cache), and its callers may compare what they get.
 */
const followed = new WeakMap<Promise<unknown>, Promise<unknown>>();

/**
 * Ends a method's span when its result is there. Returns the result; of a promise, one that settles the same way; of an
 * observable, one that runs the same way. A query that runs only when it is awaited (knex, mongoose) is returned as it
 * is, and the span ends.
 *
 * @param isFresh whether the method returns a promise that nothing else can hold: it is an async function
 */
export function endWithResult(span: Span, result: unknown, isFresh: boolean, startAnother: () => Span): unknown {
  if (typeof result !== 'object' || result === null) {
    span.end();
    return result;
  }
  if (isPromise(result)) return isFresh ? followFresh(span, result, startAnother) : followShared(span, result);
  if (isCold(result)) return traceObservable(result, span, startAnother);
  span.end();
  return result;
}

function followFresh(span: Span, promise: Promise<unknown>, startAnother: () => Span): Promise<unknown> {
  const settle = (value: unknown) => {
    if (isCold(value)) return traceObservable(value, span, startAnother);
    span.end();
    return value;
  };
  return follow(promise, settle, (error) => fail(span, error));
}

function followShared(span: Span, promise: Promise<unknown>): Promise<unknown> {
  const known = followed.get(promise);
  if (known !== undefined) {
    // Its rejection is handled already, by the promise that callers have.
    promise.then(
      () => span.end(),
      (error) => {
        span.recordError(error);
        span.end();
      },
    );
    return known;
  }
  const settle = (value: unknown) => {
    span.end();
    return value;
  };
  const made = follow(promise, settle, (error) => fail(span, error));
  followed.set(promise, made);
  return made;
}

/** Ends a span as failed, and throws the error on. */
export function fail(span: Span, error: unknown): never {
  try {
    span.recordError(error);
  } finally {
    // After a stack overflow, the stack may be too full to describe the error.
    span.end();
  }
  throw error;
}
