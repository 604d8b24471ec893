import { currentSpan } from '@ferretjs/core';
import type { Leaf } from '@ferretjs/core/adapter';
import { hashParameters } from '@ferretjs/core/sql';
import type { Server } from '../../database/query-leaf.js';
import { reportFault } from '../../fault.js';
import type { Library } from '../../library.js';
import { type Method, wrapMethod } from '../../wrap-method.js';
import { failCommand, startCommand } from './command-leaf.js';

/**
 * Commands of ioredis: with callbacks, promises, pipelines and transactions, and through a cluster.
 *
 * Versions from 5.11 publish channels, which are not used: a command that waits for the connection is published in the
 * context of whoever opened that, and texts of all arguments are made for each message.
 */
export const ioredis: Library = {
  name: 'ioredis',
  ways: [
    { how: 'hook', package: 'ioredis', versions: '>=5 <7', file: 'built/Redis.js', patch: patchDefault },
    { how: 'hook', package: 'ioredis', versions: '>=5 <7', file: 'built/cluster/index.js', patch: patchDefault },
    { how: 'hook', package: 'ioredis', versions: '>=4.28 <5', file: 'built/redis/index.js', patch: patchDefault },
    { how: 'hook', package: 'ioredis', versions: '>=4.28 <5', file: 'built/cluster/index.js', patch: patchDefault },
  ],
};

/** Marks a command that has been seen. */
const SEEN = Symbol('ferretjs.seen');

/** A client, or a cluster of them. */
interface Client {
  readonly options?: {
    readonly host?: unknown;
    readonly port?: unknown;
    readonly path?: unknown;
    readonly db?: unknown;
  };
  readonly status?: unknown;
  readonly condition?: { readonly select?: unknown } | null;
}

/** A command that is sent once more after a reconnection, or to another node, is the same object. */
interface Command {
  readonly name?: unknown;
  readonly args?: unknown;
  resolve?: unknown;
  reject?: unknown;
  [SEEN]?: boolean;
}

const HANDSHAKE = new Set(['info', 'select', 'readonly', 'client']);

function patchDefault(exports: unknown): void {
  const { prototype } = (exports as { default: { prototype: object } }).default;
  wrapMethod(prototype, 'sendCommand', aroundSendCommand);
}

function aroundSendCommand(original: Method): Method {
  return function sendCommand(this: unknown, ...args: unknown[]) {
    if (currentSpan() !== undefined) start(this as Client, args[0] as Command);
    return original.apply(this, args);
  };
}

function start(client: Client, command: Command): void {
  try {
    if (command[SEEN] === true) return;
    command[SEEN] = true;
    if (isOfHandshake(client, command)) return;
    const { name, args } = command;
    const leaf = startCommand({ name, server: serverOf(client), hash: hashParameters([name, args]) });
    if (leaf !== undefined) watch(command, leaf);
  } catch (error) {
    reportFault('the instrumentation of ioredis', error);
  }
}

/** A client says who it is, asks whether the server is ready, and chooses its database, before it is ready itself. */
function isOfHandshake({ status }: Client, { name, args }: Command): boolean {
  if (status === 'connect' && typeof name === 'string' && HANDSHAKE.has(name)) return true;
  const [first] = Array.isArray(args) ? (args as readonly unknown[]) : [];
  return name === 'client' && typeof first === 'string' && /^set(?:info|name)$/i.test(first);
}

/** A listener on the promise would make a rejection count as handled. */
function watch(command: Command, leaf: Leaf): void {
  const { resolve, reject } = command;
  if (typeof resolve !== 'function' || typeof reject !== 'function') {
    leaf.end();
    return;
  }
  command.resolve = function (this: unknown, ...answer: unknown[]) {
    leaf.end();
    return resolve.apply(this, answer) as unknown;
  };
  command.reject = function (this: unknown, ...answer: unknown[]) {
    failCommand(leaf, answer[0]);
    return reject.apply(this, answer) as unknown;
  };
}

function serverOf({ options, condition }: Client): Server {
  const { host, port, path, db } = options ?? {};
  const isSocket = typeof path === 'string';
  const database = condition?.select ?? db;
  return {
    'db.namespace': database === undefined ? undefined : String(database),
    'server.address': isSocket ? path : typeof host === 'string' ? host : undefined,
    'server.port': !isSocket && typeof port === 'number' ? port : undefined,
  };
}
