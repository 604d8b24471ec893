import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith } from '@ferretjs/core/adapter';
import { failWith } from '../../database/failure.js';
import { reportFault } from '../../fault.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';
import { startCommand } from './command-leaf.js';
import { codeIn } from './reply.js';
import { type Connection, serverOf } from './server.js';

/** `command(namespace, command, options)`, which answers with a promise. */
export function patchConnection(exports: unknown): void {
  wrapKnownMethod(prototypeIn(exports), 'command', aroundPromise);
}

/** `command(namespace, command, options, callback)`. */
export function patchCallbackConnection(exports: unknown): void {
  wrapKnownMethod(prototypeIn(exports), 'command', aroundCallback);
}

function prototypeIn(exports: unknown): unknown {
  return (exports as { Connection?: { prototype?: unknown } } | undefined)?.Connection?.prototype;
}

function aroundPromise(original: Method): Method {
  return function command(this: unknown, ...args: unknown[]) {
    const leaf = start(this as Connection, args);
    const promise = call(original, this, args, leaf);
    return leaf === undefined ? promise : watch(promise, leaf);
  };
}

/** Returns a promise that follows: with a second listener on the first, V8 would cut the stacks of errors short. */
function watch(promise: unknown, leaf: Leaf): unknown {
  if (!(promise instanceof Promise)) {
    leaf.end();
    return promise;
  }
  return promise.then(
    (reply: unknown) => {
      end(leaf, reply);
      return reply;
    },
    (error: unknown) => {
      fail(leaf, error);
      throw error;
    },
  );
}

/** The callback runs in the context of the call: the driver calls it in that of whoever opened the connection. */
function aroundCallback(original: Method): Method {
  return function command(this: unknown, ...args: unknown[]) {
    const leaf = start(this as Connection, args);
    const callback = args[3];
    if (typeof callback !== 'function') {
      leaf?.end();
      return original.apply(this, args);
    }
    const span = currentSpan();
    args[3] = function (this: unknown, ...answer: unknown[]) {
      if (leaf !== undefined) settle(leaf, answer[0], answer[1]);
      return runWith(span, () => callback.apply(this, answer) as unknown);
    };
    return call(original, this, args, leaf);
  };
}

function start(connection: Connection, [namespace, command]: unknown[]): Leaf | undefined {
  try {
    if (currentSpan() === undefined || typeof command !== 'object' || command === null) return undefined;
    return startCommand((namespace as { db?: unknown } | undefined)?.db, command, serverOf(connection));
  } catch (error) {
    reportFault('the instrumentation of mongodb', error);
    return undefined;
  }
}

function call(original: Method, receiver: unknown, args: unknown[], leaf: Leaf | undefined): unknown {
  try {
    return original.apply(receiver, args);
  } catch (error) {
    if (leaf !== undefined) fail(leaf, error);
    throw error;
  }
}

function settle(leaf: Leaf, error: unknown, reply: unknown): void {
  if (error !== undefined && error !== null) fail(leaf, error);
  else end(leaf, reply);
}

/** A write may fail in a reply that is `ok`. */
function end(leaf: Leaf, reply: unknown): void {
  const code = codeIn(reply);
  if (code === undefined) leaf.end();
  else leaf.failAs(code, { 'db.response.status_code': code });
}

/** Messages quote keys and values, in many forms: only class and code are kept. */
function fail(leaf: Leaf, error: unknown): void {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  failWith(leaf, error, typeof code === 'number' ? code : undefined, false);
}
