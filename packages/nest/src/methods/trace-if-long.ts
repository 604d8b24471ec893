import { currentSpan } from '@ferretjs/core';
import { isPromise, startLeafSince } from '@ferretjs/core/adapter';

/** Guards, pipes and the like run for each request, and most of them in no time. */
const MIN_MILLIS = 1;

/**
 * Calls a function, and makes a span of that if it takes longer than a millisecond, its promise included. The span has
 * no children: the request's span stays the current one, and what is shorter costs two looks at the clock.
 */
export function traceIfLong<Result>(name: string, fn: () => Result): Result {
  if (currentSpan() === undefined) return fn();
  const end = startWatch(name);
  let result: Result;
  try {
    result = fn();
  } catch (error) {
    end([error]);
    throw error;
  }
  if (!isPromise(result)) {
    end();
    return result;
  }
  return result.then(
    (value) => {
      end();
      return value;
    },
    (error) => {
      end([error]);
      throw error;
    },
  ) as Result;
}

/**
 * Like {@link traceIfLong} for a middleware: its time is over when it calls `next`. One that answers is no span.
 *
 * @param args request, response, `next`
 */
export function traceMiddleware(name: string, args: unknown[], fn: (args: unknown[]) => unknown): unknown {
  const [request, response, next, ...more] = args;
  if (typeof next !== 'function' || currentSpan() === undefined) return fn(args);
  const end = startWatch(name);
  const passOn = (...given: unknown[]): unknown => {
    end();
    return (next as (...given: unknown[]) => unknown)(...given);
  };
  try {
    return fn([request, response, Object.assign(passOn, next), ...more]);
  } catch (error) {
    end([error]);
    throw error;
  }
}

/** Returns a function that makes the span, with its error if there is one, at the first call. */
function startWatch(name: string): (failure?: readonly [unknown]) => void {
  const startedAt = performance.now();
  let isOver = false;
  return (failure) => {
    if (isOver) return;
    isOver = true;
    if (performance.now() - startedAt < MIN_MILLIS) return;
    const leaf = startLeafSince(startedAt, name, 'internal');
    if (failure === undefined) leaf?.end();
    else leaf?.fail(failure[0]);
  };
}
