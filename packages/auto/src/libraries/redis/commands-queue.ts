import { currentSpan } from '@ferretjs/core';
import { follow, isPromise, type Leaf } from '@ferretjs/core/adapter';
import { hashParameters } from '@ferretjs/core/sql';
import type { Server } from '../../database/query-leaf.js';
import { reportFault } from '../../fault.js';
import { type Method, wrapAll, wrapMethod } from '../../wrap-method.js';
import { failCommand, startCommand } from './command-leaf.js';

/** Commands by which a client introduces itself, ahead of all others. */
const HANDSHAKE = new Set(['CLIENT', 'READONLY', 'SELECT']);

interface Client {
  readonly options?: {
    readonly socket?: { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown };
    readonly database?: unknown;
  };
  getPubSubListeners?(type: 'CHANNELS'): unknown;
}

/** By the queue of a client, where its server is. */
const servers = new WeakMap<object, Server>();
/** The client that is asked for its queue. */
let asking: Client | undefined;

/**
 * Versions without channels: every command, those of pipelines and transactions too, is put into the client's queue.
 */
export function patchQueue(exports: unknown): void {
  const { prototype } = (exports as { readonly default: { readonly prototype: object } }).default;
  wrapAll(prototype, { addCommand: aroundAddCommand });
  // Versions before 1.5 do not have it. Their commands go without their server.
  wrapMethod(
    prototype,
    'getPubSubListeners',
    (original) =>
      function getPubSubListeners(this: unknown, ...args: unknown[]) {
        if (asking !== undefined) servers.set(this as object, serverOf(asking));
        return original.apply(this, args);
      },
  );
}

/**
 * A client has its queue in a private field. A question about listeners goes through the queue, and changes nothing.
 */
export function patchClient(exports: unknown): void {
  const { prototype } = (exports as { readonly default: { readonly prototype: object } }).default;
  wrapAll(prototype, {
    connect: (original) =>
      function connect(this: unknown, ...args: unknown[]) {
        findQueue(this as Client);
        return original.apply(this, args);
      },
  });
}

function findQueue(client: Client): void {
  const outer = asking;
  asking = client;
  try {
    client.getPubSubListeners?.('CHANNELS');
  } catch {
    // The commands of the client go without their server.
  } finally {
    asking = outer;
  }
}

function aroundAddCommand(original: Method): Method {
  return function addCommand(this: unknown, ...args: unknown[]) {
    const leaf = currentSpan() === undefined ? undefined : start(this as object, args[0], args[1]);
    const result = original.apply(this, args);
    if (leaf === undefined) return result;
    if (isPromise(result)) return follow(result, ended(leaf), failed(leaf));
    leaf.end();
    return result;
  };
}

function start(queue: object, args: unknown, options: unknown): Leaf | undefined {
  try {
    if (!Array.isArray(args)) return undefined;
    const [name] = args as readonly unknown[];
    const { asap } = (options ?? {}) as { readonly asap?: unknown };
    if (asap === true && HANDSHAKE.has(String(name))) return undefined;
    return startCommand({ name, server: servers.get(queue) ?? {}, hash: hashParameters(args) });
  } catch (error) {
    reportFault('the instrumentation of @redis/client', error);
    return undefined;
  }
}

function ended(leaf: Leaf) {
  return (value: unknown): unknown => {
    leaf.end();
    return value;
  };
}

function failed(leaf: Leaf) {
  return (error: unknown): never => {
    failCommand(leaf, error);
    throw error;
  };
}

function serverOf({ options }: Client): Server {
  const { host, port, path } = options?.socket ?? {};
  const { database } = options ?? {};
  const isSocket = typeof path === 'string';
  return {
    'db.namespace': String(database ?? 0),
    'server.address': isSocket ? path : typeof host === 'string' ? host : 'localhost',
    'server.port': isSocket ? undefined : typeof port === 'number' ? port : 6379,
  };
}
