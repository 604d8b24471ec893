import { currentSpan } from '@ferretjs/core';
import { watchConnect } from '../../database/connect-wait.js';
import { startConnect } from '../../database/query-leaf.js';
import type { Library } from '../../library.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';
import { type Config, failRequest, serverOf } from './server.js';

/**
 * Waits for a connection of mssql's own pool. Its requests are seen by tedious below it, with their server, parameters
 * and transactions; those through `msnodesqlv8` are not.
 *
 * Versions from 12.7 publish channels, which are not used: messages of requests have neither the server nor the values
 * of parameters, and one of the pool comes for each request, whether it waits or not.
 */
export const mssql: Library = {
  name: 'mssql',
  ways: [{ how: 'hook', package: 'mssql', versions: '>=10 <13', file: 'lib/base/connection-pool.js', patch }],
};

interface Pool {
  readonly config?: Config['options'] & { readonly server?: unknown };
  readonly pool?: { readonly free?: { readonly length?: unknown } } | null;
}

function patch(ConnectionPool: unknown): void {
  wrapKnownMethod((ConnectionPool as { prototype?: unknown }).prototype, 'acquire', aroundAcquire);
}

function aroundAcquire(original: Method): Method {
  return function acquire(this: unknown, ...args: unknown[]) {
    const { config, pool } = this as Pool;
    // A connection that is free is taken at once: nobody waits.
    const isWaiting = currentSpan() !== undefined && pool?.free?.length === 0;
    const server = isWaiting ? serverOf({ server: config?.server, options: config }) : {};
    const leaf = isWaiting ? startConnect('pool.connect', 'microsoft.sql_server', server) : undefined;
    return watchConnect({ original, receiver: this, args, leaf, fail: failRequest });
  };
}
