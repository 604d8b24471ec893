import { currentSpan } from '@ferretjs/core';
import type { Leaf } from '@ferretjs/core/adapter';
import { hashParameters } from '@ferretjs/core/sql';
import type { Channels } from '../../channels.js';
import { type Server, startConnect } from '../../database/query-leaf.js';
import type { Library } from '../../library.js';
import { failCommand, startCommand } from './command-leaf.js';
import { patchClient, patchQueue } from './commands-queue.js';

const QUEUE = { how: 'hook', package: '@redis/client', versions: '>=1.1 <5.12' } as const;
const OLDER = { package: 'redis', versions: '>=4.1 <5.12' };

/** Commands of node-redis, by its channels; in older versions, by the queue of each client. */
export const redisClient: Library = {
  name: '@redis/client',
  ways: [
    { how: 'channel', package: '@redis/client', versions: '>=5.12 <7', subscribe },
    // The package whose client that is. Version 3 was a client of its own.
    { how: 'channel', package: 'redis', versions: '>=5.12 <7', subscribe() {} },
    { ...QUEUE, file: 'dist/lib/client/commands-queue.js', patch: patchQueue },
    { ...QUEUE, file: 'dist/lib/client/index.js', patch: patchClient },
    { ...QUEUE, below: OLDER, file: 'dist/lib/client/commands-queue.js', patch: patchQueue },
  ],
};

const LEAF = Symbol('leaf');

/** A command or a batch of them as the channels tell it: `docs/diagnostics-channel.md` in redis/node-redis. */
interface Message {
  readonly command?: unknown;
  /** The command's name first. What may be a value is `?`. */
  readonly args?: readonly unknown[];
  readonly database?: unknown;
  readonly serverAddress?: unknown;
  readonly serverPort?: unknown;
  readonly batchMode?: unknown;
  readonly batchSize?: number;
  readonly error?: unknown;
  [LEAF]?: Leaf | undefined;
}

function subscribe(channels: Channels): void {
  channels.trace<Message>('node-redis:command', {
    start(message) {
      // The commands of a pipeline are one span, that of their batch.
      if (currentSpan() === undefined || message.batchMode !== undefined) return;
      message[LEAF] = startCommand({ name: message.command, server: serverOf(message), hash: hashOf(message.args) });
    },
    ...ends,
  });
  channels.trace<Message>('node-redis:batch', {
    start(message) {
      const { batchMode: name, batchSize = 0 } = message;
      message[LEAF] = startCommand({
        name,
        server: serverOf(message),
        batchSize: batchSize > 1 ? batchSize : undefined,
      });
    },
    ...ends,
  });
  channels.trace<Message>('node-redis:connect', {
    start(message) {
      message[LEAF] = startConnect('connect', 'redis', serverOf(message));
    },
    ...ends,
  });
}

const ends = {
  asyncEnd(message: Message): void {
    message[LEAF]?.end();
  },
  error(message: Message): void {
    const leaf = message[LEAF];
    if (leaf !== undefined) failCommand(leaf, message.error);
  },
};

/** Two commands with the same key and other values would look the same. */
function hashOf(args: readonly unknown[] | undefined): number | undefined {
  return args === undefined || args.includes('?') ? undefined : hashParameters(args);
}

function serverOf({ database, serverAddress: address, serverPort: port }: Message): Server {
  return {
    'db.namespace': database === undefined ? undefined : String(database),
    'server.address': typeof address === 'string' ? address : undefined,
    'server.port': typeof port === 'number' ? port : undefined,
  };
}
