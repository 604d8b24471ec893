import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith } from '@ferretjs/core/adapter';
import type { Method } from '../wrap-method.js';
import type { Server } from './query-leaf.js';

/** A call of a library that answers with a connection, to its last argument or as a promise. */
export interface ConnectCall {
  readonly original: Method;
  readonly receiver: unknown;
  readonly args: unknown[];
  readonly leaf: Leaf | undefined;
  fail(leaf: Leaf, error: unknown): void;
  /** The attributes that the connection adds once it has come. */
  describe?(connection: unknown): Server;
}

/**
 * Calls the library, and ends the span with its answer. A callback runs in the context of the call: the library may
 * have it wait until another request gives a connection back. In place of a promise, one that follows from it is
 * returned, so that a rejection which nobody handles stays one.
 */
export function watchConnect(call: ConnectCall): unknown {
  const { original, receiver, args } = call;
  const at = args.length - 1;
  const callback = args[at];
  if (typeof callback === 'function') {
    const span = currentSpan();
    args[at] = function (this: unknown, ...answer: unknown[]) {
      settle(call, answer[0], answer[1]);
      return runWith(span, () => callback.apply(this, answer) as unknown);
    };
    return original.apply(receiver, args);
  }
  const promise = original.apply(receiver, args);
  if (call.leaf === undefined || !isThenable(promise)) return promise;
  return promise.then(
    (connection) => {
      settle(call, undefined, connection);
      return connection;
    },
    (error: unknown) => {
      settle(call, error ?? new Error('no reason'), undefined);
      throw error;
    },
  );
}

function settle({ leaf, fail, describe }: ConnectCall, error: unknown, connection: unknown): void {
  if (leaf === undefined) return;
  if (error !== undefined && error !== null) fail(leaf, error);
  else if (describe === undefined || connection === undefined || connection === null) leaf.end();
  else leaf.end({ ...describe(connection) });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
