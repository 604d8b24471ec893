import { type Leaf, startLeaf } from '@ferretjs/core/adapter';
import { failWith } from '../../database/failure.js';
import type { Server } from '../../database/query-leaf.js';

/** Names of commands, of modules' commands, too: `GET`, `JSON.SET`. */
const NAME = /^[A-Z][A-Z0-9._|-]{0,39}$/;
/** Commands that a client sends of its own accord when it has connected. */
const HANDSHAKE = new Set(['HELLO', 'AUTH']);
/** The word that begins a message of Redis: `WRONGTYPE`, `ERR`. */
const PREFIX = /^[A-Z][A-Z0-9_]*(?= |$)/;
/** Classes of errors that are answers of the server. */
const ANSWERS = new Set(['ReplyError', 'SimpleError', 'BlobError', 'ErrorReply']);

export interface Command {
  readonly name: unknown;
  readonly server: Server;
  /** A keyed hash of the arguments; `undefined` where they are not known as they are. */
  readonly hash?: number | undefined;
  /** Commands that are sent as one. */
  readonly batchSize?: number | undefined;
}

/**
 * Starts the span of a command, after OpenTelemetry's conventions for Redis. Neither keys nor values are in it.
 * `undefined` where nothing is recorded, and for the handshake.
 */
export function startCommand({ name, server, hash, batchSize }: Command): Leaf | undefined {
  const upper = typeof name === 'string' ? name.toUpperCase() : '';
  if (HANDSHAKE.has(upper)) return undefined;
  const isKnown = NAME.test(upper);
  return startLeaf(isKnown ? upper : 'redis', 'client', {
    'db.system.name': 'redis',
    'db.namespace': server['db.namespace'],
    'server.address': server['server.address'],
    'server.port': server['server.port'],
    'db.operation.name': isKnown ? upper : undefined,
    'db.operation.batch.size': batchSize,
    'ferret.params': hash,
  });
}

/** Ends a span as failed. Of an answer of Redis only its first word is kept: scripts answer with any text. */
export function failCommand(leaf: Leaf, error: unknown): void {
  const isAnswer = error instanceof Error && (ANSWERS.has(error.name) || ANSWERS.has(error.constructor.name));
  failWith(leaf, error, isAnswer ? PREFIX.exec(error.message)?.[0] : undefined, !isAnswer);
}
