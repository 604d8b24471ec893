import { errorMonitor } from 'node:events';
import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith } from '@ferretjs/core/adapter';
import { startQuery } from '../../database/query-leaf.js';
import { reportFault } from '../../fault.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';
import { type Config, failQuery, serverOf } from '../mysql2/server.js';

interface Connection {
  readonly config?: Config;
  readonly _protocol?: {
    readonly _handshakeInitializationPacket?: { readonly serverVersion?: unknown } | null;
  };
}

/** A query by its options, or one that a pool has made. */
interface Options {
  readonly sql?: unknown;
  readonly values?: unknown;
}

/** The object that the library makes of a query. */
interface Query {
  _callback?: unknown;
  once?(event: string | symbol, listener: (argument: unknown) => void): unknown;
}

export function patchConnection(Connection: unknown): void {
  wrapKnownMethod((Connection as { prototype?: unknown }).prototype, 'query', around);
}

function around(original: Method): Method {
  return function query(this: unknown, ...args: unknown[]) {
    const leaf = start(this as Connection, args);
    let query: unknown;
    try {
      query = original.apply(this, args);
    } catch (error) {
      if (leaf !== undefined) failQuery(leaf, error);
      throw error;
    }
    settle(query as Query, leaf);
    return query;
  };
}

function start(connection: Connection, [query, values]: unknown[]): Leaf | undefined {
  try {
    if (currentSpan() === undefined) return undefined;
    const options: Options = typeof query === 'object' && query !== null ? query : { sql: query };
    const parameters = values === undefined || typeof values === 'function' ? options.values : values;
    const text = typeof options.sql === 'string' ? options.sql : '';
    return startQuery(systemOf(connection), text, parameters ?? undefined, serverOf(connection.config));
  } catch (error) {
    reportFault('the instrumentation of mysql', error);
    return undefined;
  }
}

/** Unknown until the connection is open. */
function systemOf({ _protocol: protocol }: Connection): 'mysql' | 'mariadb' {
  const version = protocol?._handshakeInitializationPacket?.serverVersion;
  return typeof version === 'string' && version.includes('MariaDB') ? 'mariadb' : 'mysql';
}

/**
 * Has a query end its span: by its callback, which then runs in the context of the call (the library calls it in that
 * of whoever opened the connection), or by its events. A listener of `error` would make an error count as handled; this
 * one does not.
 */
function settle(query: Query | undefined, leaf: Leaf | undefined): void {
  try {
    const callback = query?._callback;
    if (query !== undefined && typeof callback === 'function') {
      const span = currentSpan();
      query._callback = function (this: unknown, ...answer: unknown[]) {
        if (leaf !== undefined) finish(leaf, answer[0], answer[1]);
        return runWith(span, () => callback.apply(this, answer) as unknown);
      };
    } else if (leaf !== undefined) {
      if (typeof query?.once !== 'function') throw new TypeError('A query is not what was expected.');
      query.once(errorMonitor, (error) => failQuery(leaf, error));
      query.once('end', () => leaf.end());
    }
  } catch (error) {
    leaf?.end();
    reportFault('the instrumentation of mysql', error);
  }
}

function finish(leaf: Leaf, error: unknown, rows: unknown): void {
  if (error !== undefined && error !== null) failQuery(leaf, error);
  else if (Array.isArray(rows) && !Array.isArray(rows[0])) leaf.end({ 'db.response.returned_rows': rows.length });
  else leaf.end();
}
