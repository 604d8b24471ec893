import type { Leaf } from '@ferretjs/core/adapter';
import { failWith } from '../../database/failure.js';
import type { Server } from '../../database/query-leaf.js';

/** The options of a connection. */
export interface Config {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
  readonly socketPath?: unknown;
}

const servers = new WeakMap<object, Server>();

/** Where the database is, by the options of a connection; they never change. */
export function serverOf(config: Config | undefined): Server {
  if (config === undefined) return {};
  const known = servers.get(config);
  if (known !== undefined) return known;
  const { host, port, database, socketPath } = config;
  const isSocket = typeof socketPath === 'string' && socketPath !== '';
  const server: Server = {
    'db.namespace': typeof database === 'string' && database !== '' ? database : undefined,
    'server.address': isSocket ? socketPath : typeof host === 'string' ? host : undefined,
    'server.port': !isSocket && Number.isInteger(Number(port)) ? Number(port) : undefined,
  };
  servers.set(config, server);
  return server;
}

/** The SQL state of an error that a procedure or a trigger raises: its message may be any text. */
const RAISED = '45000';

/** Ends a span as failed. Errors of the server have a number and an SQL state. */
export function failQuery(leaf: Leaf, error: unknown): void {
  const { errno, sqlState } = (error ?? {}) as { readonly errno?: unknown; readonly sqlState?: unknown };
  failWith(leaf, error, sqlState === undefined ? undefined : errno, sqlState !== RAISED);
}
