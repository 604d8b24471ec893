import type { Server } from '../../database/query-leaf.js';

/** A connection of the driver. */
export interface Connection {
  /** `127.0.0.1:27017`, `[::1]:27017`; random text for a socket in the file system. */
  readonly address?: unknown;
}

/** The address that a pool connects to, as the application gave it, or as the servers tell each other. */
export interface HostAddress {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly socketPath?: unknown;
}

const ADDRESS = /^\[?(.+?)\]?:(\d{1,5})$/;

/** By address object or connection: neither changes. */
const servers = new WeakMap<object, Server>();

/** Where a connection goes: by its pool, or else by the address of its socket. */
export function serverOf(connection: Connection): Server {
  const known = servers.get(connection);
  if (known !== undefined) return known;
  const [, host, port] = ADDRESS.exec(String(connection.address)) ?? [];
  const server: Server = { 'server.address': host, 'server.port': port === undefined ? undefined : Number(port) };
  servers.set(connection, server);
  return server;
}

/** Where the connections of a pool go. */
export function serverAt(address: HostAddress | undefined): Server {
  if (address === undefined || address === null) return {};
  const known = servers.get(address);
  if (known !== undefined) return known;
  const { host, port, socketPath } = address;
  const isSocket = typeof socketPath === 'string';
  const server: Server = {
    'server.address': isSocket ? socketPath : typeof host === 'string' ? host : undefined,
    'server.port': !isSocket && typeof port === 'number' ? port : undefined,
  };
  servers.set(address, server);
  return server;
}

/** Notes where a connection goes, once. */
export function noteServer(connection: unknown, server: Server): void {
  if (typeof connection === 'object' && connection !== null && !servers.has(connection))
    servers.set(connection, server);
}
