import { type Leaf, startLeaf } from '@ferretjs/core/adapter';
import { describeQuery, hashParameters, type SqlSystem } from '@ferretjs/core/sql';

/** Where a database is. The object is made once for each connection, and nobody changes it. */
export interface Server {
  readonly 'db.namespace'?: string | undefined;
  readonly 'server.address'?: string | undefined;
  readonly 'server.port'?: number | undefined;
}

/**
 * Starts the span of a SQL query, after OpenTelemetry's semantic conventions 1.45. No value of the query is in it:
 * literals are masked, and parameters are a keyed hash (`ferret.params`). `undefined` where nothing is recorded. Ask
 * `currentSpan()` first: outside of any span, the description would be for nothing.
 *
 * @param text the query as it is sent, or `''` if it is known by a name only
 * @param parameters the values that are sent along
 */
export function startQuery(system: SqlSystem, text: string, parameters: unknown, server: Server): Leaf | undefined {
  const query = describeQuery(text, system);
  return startLeaf(query.summary || system, 'client', {
    'db.system.name': system,
    'db.namespace': server['db.namespace'],
    'server.address': server['server.address'],
    'server.port': server['server.port'],
    'db.query.summary': query.summary || undefined,
    'db.operation.name': query.operation,
    'db.collection.name': query.collection,
    'db.query.text': query.text,
    'ferret.params': parameters === undefined ? query.hash : hashParameters(parameters, query.hash),
  });
}

/** The operation of a span that waits for a connection: to be made, or to be free in a pool. */
export type ConnectionWait = 'connect' | 'pool.connect';

/** Starts the span of a wait for a connection: `pool.connect postgresql`. `undefined` where nothing is recorded. */
export function startConnect(operation: ConnectionWait, system: string, server: Server): Leaf | undefined {
  return startLeaf(`${operation} ${system}`, 'client', {
    'db.system.name': system,
    'db.namespace': server['db.namespace'],
    'server.address': server['server.address'],
    'server.port': server['server.port'],
    'db.operation.name': operation,
  });
}
