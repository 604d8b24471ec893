import { currentSpan } from '@ferretjs/core';
import { watchConnect } from '../../database/connect-wait.js';
import { startConnect } from '../../database/query-leaf.js';
import { type Method, wrapMethod } from '../../wrap-method.js';
import { type Config, failQuery, serverOf } from './server.js';

interface Pool {
  readonly config?: { readonly connectionConfig?: Config };
  readonly _freeConnections?: { readonly length: number };
}

export function patchPool(Pool: unknown): void {
  wrapMethod((Pool as { prototype: object }).prototype, 'getConnection', aroundGetConnection);
}

function aroundGetConnection(original: Method): Method {
  return function getConnection(this: unknown, ...args: unknown[]) {
    const { config, _freeConnections: free } = this as Pool;
    // A connection that is free is taken at once: nobody waits.
    const isWaiting = currentSpan() !== undefined && !(free !== undefined && free.length > 0);
    const leaf = isWaiting ? startConnect('pool.connect', 'mysql', serverOf(config?.connectionConfig)) : undefined;
    return watchConnect({ original, receiver: this, args, leaf, fail: failQuery });
  };
}
