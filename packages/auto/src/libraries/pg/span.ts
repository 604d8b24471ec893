import type { Leaf } from '@ferretjs/core/adapter';
import { failWith } from '../../database/failure.js';
import type { Server } from '../../database/query-leaf.js';
import type { Client } from './shapes.js';

const servers = new WeakMap<object, Server>();

/** Where a client's database is; it never changes. */
export function serverOf(client: Client): Server {
  const known = servers.get(client);
  if (known !== undefined) return known;
  const server = serverIn(client);
  servers.set(client, server);
  return server;
}

/** Where a database is, by a client or by the options of a pool. A path is the folder of a Unix socket. */
export function serverIn({ database, host, port }: Client): Server {
  const isSocket = typeof host === 'string' && host.startsWith('/');
  return {
    'db.namespace': typeof database === 'string' ? database : undefined,
    'server.address': typeof host === 'string' ? host : undefined,
    'server.port': typeof port === 'number' && !isSocket ? port : undefined,
  };
}

/** An error that a function or a trigger raises: its message may be any text. */
const RAISED = 'P0001';

/** Ends a span as failed. A code of five characters is PostgreSQL's own; those of Node are longer. */
export function failQuery(leaf: Leaf, error: unknown): void {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  failWith(leaf, error, typeof code === 'string' && code.length === 5 ? code : undefined, code !== RAISED);
}
