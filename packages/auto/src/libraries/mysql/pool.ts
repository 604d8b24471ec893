import { currentSpan } from '@ferretjs/core';
import { watchConnect } from '../../database/connect-wait.js';
import { startConnect } from '../../database/query-leaf.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';
import { type Config, failQuery, serverOf } from '../mysql2/server.js';

interface Pool {
  readonly config?: { readonly connectionConfig?: Config };
  readonly _freeConnections?: { readonly length: number };
}

/** Whether a pool is passing a connection on to a call of before, whose span and context are known already. */
let isPassingOn = false;

export function patchPool(Pool: unknown): void {
  const { prototype } = Pool as { prototype?: unknown };
  wrapKnownMethod(prototype, 'releaseConnection', aroundRelease);
  wrapKnownMethod(prototype, 'getConnection', aroundGetConnection);
}

function aroundGetConnection(original: Method): Method {
  return function getConnection(this: unknown, ...args: unknown[]) {
    if (isPassingOn) return original.apply(this, args);
    const { config, _freeConnections: free } = this as Pool;
    // A connection that is free is taken at once: nobody waits.
    const isWaiting = currentSpan() !== undefined && !(free !== undefined && free.length > 0);
    const leaf = isWaiting ? startConnect('pool.connect', 'mysql', serverOf(config?.connectionConfig)) : undefined;
    return watchConnect({ original, receiver: this, args, leaf, fail: failQuery });
  };
}

/** A connection that comes back, or is lost, has the pool call `getConnection` for whoever waits. */
function aroundRelease(original: Method): Method {
  return function releaseConnection(this: unknown, ...args: unknown[]) {
    const outer = isPassingOn;
    isPassingOn = true;
    try {
      return original.apply(this, args);
    } finally {
      isPassingOn = outer;
    }
  };
}
