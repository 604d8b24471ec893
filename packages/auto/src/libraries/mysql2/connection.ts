import { EventEmitter, errorMonitor } from 'node:events';
import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith } from '@ferretjs/core/adapter';
import { startQuery } from '../../database/query-leaf.js';
import { reportFault } from '../../fault.js';
import { type Method, wrapMethod } from '../../wrap-method.js';
import { type Config, failQuery, serverOf } from './server.js';

interface Connection {
  readonly config?: Config;
  readonly _handshakePacket?: { readonly serverVersion?: unknown };
}

/** A query by its options, or one that a pool has prepared. */
interface Query {
  readonly sql?: unknown;
  readonly values?: unknown;
  onResult?: unknown;
}

type Callback = (this: unknown, ...answer: unknown[]) => unknown;

export function patchConnection(Connection: unknown): void {
  const { prototype } = Connection as { prototype: object };
  wrapMethod(prototype, 'query', around);
  wrapMethod(prototype, 'execute', around);
}

function around(original: Method): Method {
  return function query(this: unknown, ...args: unknown[]) {
    const leaf = start(this as Connection, args);
    const hasCallback = bindCallback(args, leaf);
    let command: unknown;
    try {
      command = original.apply(this, args);
    } catch (error) {
      if (leaf !== undefined) failQuery(leaf, error);
      throw error;
    }
    if (leaf !== undefined && !hasCallback) watchEvents(command, leaf);
    return command;
  };
}

function start(connection: Connection, [query, values]: unknown[]): Leaf | undefined {
  try {
    if (currentSpan() === undefined) return undefined;
    const options = typeof query === 'object' && query !== null ? (query as Query) : { sql: query };
    const parameters = options.values ?? (typeof values === 'function' ? undefined : values);
    const text = typeof options.sql === 'string' ? options.sql : '';
    return startQuery(systemOf(connection), text, parameters ?? undefined, serverOf(connection.config));
  } catch (error) {
    reportFault('the instrumentation of mysql2', error);
    return undefined;
  }
}

function systemOf({ _handshakePacket: greeting }: Connection): 'mysql' | 'mariadb' {
  const version = greeting?.serverVersion;
  return typeof version === 'string' && version.includes('MariaDB') ? 'mariadb' : 'mysql';
}

/**
 * Has the callback of a query end its span, and run in the context of the call: mysql2 runs it in that of whoever
 * opened the connection. Returns whether there is one.
 */
function bindCallback(args: unknown[], leaf: Leaf | undefined): boolean {
  const at = args.length - 1;
  const last = args[at];
  if (typeof last === 'function') {
    args[at] = boundTo(last as Callback, leaf);
    return true;
  }
  // A query that a pool has prepared.
  const query = args[0] as Query | null | undefined;
  if (!(query instanceof EventEmitter) || typeof query.onResult !== 'function') return false;
  query.onResult = boundTo(query.onResult as Callback, leaf);
  return true;
}

function boundTo(callback: Callback, leaf: Leaf | undefined): Callback {
  const span = currentSpan();
  return function (...answer) {
    if (leaf !== undefined) finish(leaf, answer[0], answer[1]);
    return runWith(span, () => callback.apply(this, answer));
  };
}

function finish(leaf: Leaf, error: unknown, rows?: unknown): void {
  if (error !== undefined && error !== null) failQuery(leaf, error);
  else if (Array.isArray(rows) && !Array.isArray(rows[0])) leaf.end({ 'db.response.returned_rows': rows.length });
  else leaf.end();
}

/**
 * Without a callback, a query tells its end by events. A listener of `error` would make an error count as handled; this
 * one does not.
 */
function watchEvents(command: unknown, leaf: Leaf): void {
  if (!(command instanceof EventEmitter)) {
    leaf.end();
    return;
  }
  command.once(errorMonitor, (error: unknown) => failQuery(leaf, error));
  command.once('end', () => leaf.end());
}
