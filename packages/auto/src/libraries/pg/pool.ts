import { currentSpan } from '@ferretjs/core';
import { watchConnect } from '../../database/connect-wait.js';
import { startConnect } from '../../database/query-leaf.js';
import { type Method, wrapMethod } from '../../wrap-method.js';
import type { Client } from './shapes.js';
import { failQuery, serverIn, serverOf } from './span.js';

interface Pool {
  readonly options?: Client;
  readonly idleCount?: number;
  readonly waitingCount?: number;
}

let isConnecting = false;

/** Whether a pool is opening a connection: the time is in the span of whoever waits for it. */
export function isConnectingForPool(): boolean {
  return isConnecting;
}

export function patchPool(Pool: unknown): void {
  const { prototype } = Pool as { prototype: object };
  wrapMethod(prototype, 'connect', aroundConnect);
  wrapMethod(prototype, 'newClient', aroundNewClient);
}

function aroundConnect(original: Method): Method {
  return function connect(this: unknown, ...args: unknown[]) {
    const pool = this as Pool;
    const isWaiting = currentSpan() !== undefined && !hasFreeClient(pool);
    const leaf = isWaiting ? startConnect('pool.connect', 'postgresql', serverIn(pool.options ?? {})) : undefined;
    const describe = (client: unknown) => serverOf(client as Client);
    return watchConnect({ original, receiver: this, args, leaf, fail: failQuery, describe });
  };
}

/** A client that is free is handed out in the same turn of the event loop: nobody waits. */
function hasFreeClient({ idleCount = 0, waitingCount = 0 }: Pool): boolean {
  return idleCount > waitingCount;
}

function aroundNewClient(original: Method): Method {
  return function newClient(this: unknown, ...args: unknown[]) {
    const outer = isConnecting;
    isConnecting = true;
    try {
      return original.apply(this, args);
    } finally {
      isConnecting = outer;
    }
  };
}
