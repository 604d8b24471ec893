import { currentSpan } from '@ferretjs/core';
import { runWith } from '@ferretjs/core/adapter';
import { watchConnect } from '../database/connect-wait.js';
import { failWith } from '../database/failure.js';
import { type Server, startConnect } from '../database/query-leaf.js';
import type { Library } from '../library.js';
import { type Method, wrapKnownMethod, wrapMethod } from '../wrap-method.js';

/**
 * Waits for a connection of knex's own pool. Its queries are seen by the driver below it, with the text and the values
 * that knex has made of them.
 */
export const knex: Library = {
  name: 'knex',
  ways: [{ how: 'hook', package: 'knex', versions: '>=1 <4', file: 'lib/client.js', patch }],
};

/** `db.system.name` by knex's names of its dialects. */
const SYSTEMS: Readonly<Record<string, string>> = {
  postgresql: 'postgresql',
  redshift: 'aws.redshift',
  cockroachdb: 'cockroachdb',
  mysql: 'mysql',
  mssql: 'microsoft.sql_server',
  oracle: 'oracle.db',
  sqlite3: 'sqlite',
};

interface Client {
  readonly dialect?: unknown;
  readonly pool?: { readonly free?: { readonly length?: unknown } };
  readonly connectionSettings?: object;
}

interface Settings {
  readonly host?: unknown;
  readonly server?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
}

function patch(Client: unknown): void {
  const { prototype } = Client as { prototype?: unknown };
  wrapKnownMethod(prototype, 'getPoolSettings', aroundPoolSettings);
  wrapKnownMethod(prototype, 'acquireConnection', aroundAcquire);
}

function aroundAcquire(original: Method): Method {
  return function acquireConnection(this: unknown, ...args: unknown[]) {
    const { pool, dialect, connectionSettings } = this as Client;
    // A connection that is free is handed out in the same turn of the event loop: nobody waits.
    const isWaiting = currentSpan() !== undefined && pool?.free?.length === 0;
    const system = typeof dialect === 'string' ? (SYSTEMS[dialect] ?? 'other_sql') : 'other_sql';
    const leaf = isWaiting ? startConnect('pool.connect', system, serverOf(connectionSettings)) : undefined;
    const fail = (each: NonNullable<typeof leaf>, error: unknown) => failWith(each, error, undefined);
    return watchConnect({ original, receiver: this, args, leaf, fail });
  };
}

/**
 * A connection belongs to all who will use it: it is opened outside of the span that happened to need it first, whose
 * wait is a span already. What knex and the application ask of a new connection has no span either.
 */
function aroundPoolSettings(original: Method): Method {
  return function getPoolSettings(this: unknown, ...args: unknown[]) {
    const settings = original.apply(this, args);
    if (typeof settings === 'object' && settings !== null) wrapMethod(settings, 'create', aroundCreate);
    return settings;
  };
}

function aroundCreate(original: Method): Method {
  return function create(this: unknown, ...args: unknown[]) {
    return runWith(undefined, () => original.apply(this, args));
  };
}

const servers = new WeakMap<object, Server>();

function serverOf(settings: object | undefined): Server {
  if (typeof settings !== 'object' || settings === null) return {};
  const known = servers.get(settings);
  if (known !== undefined) return known;
  const { host, server = host, port, database } = settings as Settings;
  const found: Server = {
    'db.namespace': typeof database === 'string' && database !== '' ? database : undefined,
    'server.address': typeof server === 'string' ? server : undefined,
    'server.port': port !== undefined && Number.isInteger(Number(port)) ? Number(port) : undefined,
  };
  servers.set(settings, found);
  return found;
}
