import { currentSpan } from '@ferretjs/core';
import { watchConnect } from '../../database/connect-wait.js';
import { failWith } from '../../database/failure.js';
import { type Server, startConnect } from '../../database/query-leaf.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';
import { type HostAddress, noteServer, serverAt } from './server.js';

interface Pool {
  readonly options?: { readonly hostAddress?: HostAddress };
  readonly availableConnectionCount?: unknown;
}

export function patchPool(exports: unknown): void {
  const { ConnectionPool } = (exports ?? {}) as { ConnectionPool?: { prototype?: unknown } };
  wrapKnownMethod(ConnectionPool?.prototype, 'checkOut', aroundCheckOut);
}

function aroundCheckOut(original: Method): Method {
  return function checkOut(this: unknown, ...args: unknown[]) {
    const pool = this as Pool;
    const server = serverAt(pool.options?.hostAddress);
    const hasSpan = currentSpan() !== undefined;
    const isWaiting = hasSpan && pool.availableConnectionCount === 0;
    const leaf = isWaiting ? startConnect('pool.connect', 'mongodb', server) : undefined;
    const fail = (each: NonNullable<typeof leaf>, error: unknown) => failWith(each, error, undefined);
    return watchConnect({ original: hasSpan ? noting(original, server) : original, receiver: this, args, leaf, fail });
  };
}

/** Has the commands of the connection that is handed out know their server by its name, which its socket has lost. */
function noting(original: Method, server: Server): Method {
  return function (this: unknown, ...args) {
    const at = args.length - 1;
    const callback = args[at];
    if (typeof callback === 'function') {
      args[at] = function (this: unknown, ...answer: unknown[]) {
        noteServer(answer[1], server);
        return callback.apply(this, answer) as unknown;
      };
      return original.apply(this, args);
    }
    const promise = original.apply(this, args);
    if (!(promise instanceof Promise)) return promise;
    return promise.then((connection: unknown) => {
      noteServer(connection, server);
      return connection;
    });
  };
}
