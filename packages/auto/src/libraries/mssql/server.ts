import type { Leaf } from '@ferretjs/core/adapter';
import { failWith } from '../../database/failure.js';
import type { Server } from '../../database/query-leaf.js';

/** The configuration of a connection of tedious. */
export interface Config {
  readonly server?: unknown;
  readonly options?: { readonly port?: unknown; readonly database?: unknown } | undefined;
}

/** Where the database is. */
export function serverOf({ server, options }: Config): Server {
  const { port, database } = options ?? {};
  return {
    'db.namespace': typeof database === 'string' && database !== '' ? database : undefined,
    'server.address': typeof server === 'string' ? server : undefined,
    'server.port': typeof port === 'number' ? port : undefined,
  };
}

/** From here on, numbers are those of `RAISERROR` and `THROW`: their messages may be any text. */
const FIRST_RAISED = 50_000;

/** Ends a span as failed. Errors of the server have a number. */
export function failRequest(leaf: Leaf, error: unknown): void {
  const { number } = (error ?? {}) as { readonly number?: unknown };
  const isOfServer = typeof number === 'number';
  failWith(leaf, error, isOfServer ? number : undefined, !(isOfServer && number >= FIRST_RAISED));
}
