import { currentSpan } from '@ferretjs/core';
import { runWith } from '@ferretjs/core/adapter';
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
  ways: [
    { how: 'hook', package: 'mssql', versions: '>=10 <13', file: 'lib/base/connection-pool.js', patch: patchBase },
    {
      how: 'hook',
      package: 'mssql',
      versions: '>=10 <13',
      file: 'lib/tedious/connection-pool.js',
      patch: patchTedious,
    },
  ],
};

interface Pool {
  readonly config?: Config['options'] & { readonly server?: unknown; readonly validateConnection?: unknown };
  readonly pool?: { readonly free?: { readonly length?: unknown } } | null;
}

function patchBase(ConnectionPool: unknown): void {
  wrapKnownMethod((ConnectionPool as { prototype?: unknown }).prototype, 'acquire', aroundAcquire);
}

function patchTedious(ConnectionPool: unknown): void {
  const { prototype } = ConnectionPool as { prototype?: unknown };
  wrapKnownMethod(prototype, '_poolCreate', outside);
  wrapKnownMethod(prototype, '_poolValidate', outside);
}

function aroundAcquire(original: Method): Method {
  return function acquire(this: unknown, ...args: unknown[]) {
    const { config } = this as Pool;
    const isWaiting = currentSpan() !== undefined && hasToWait(this as Pool);
    const server = isWaiting ? serverOf({ server: config?.server, options: config }) : {};
    const leaf = isWaiting ? startConnect('pool.connect', 'microsoft.sql_server', server) : undefined;
    return watchConnect({ original, receiver: this, args, leaf, fail: failRequest });
  };
}

/** A connection that is free is asked `SELECT 1` before it is handed out, unless the application has it otherwise. */
function hasToWait({ config, pool }: Pool): boolean {
  const validation = config?.validateConnection;
  return pool?.free?.length === 0 || (Boolean(validation) && validation !== 'socket');
}

/** Opens and tries a connection outside of the span that waits for it: its time is that of the wait. */
function outside(original: Method): Method {
  return function (this: unknown, ...args) {
    return runWith(undefined, () => original.apply(this, args));
  };
}
