import { type Leaf, startLeaf } from '@ferretjs/core/adapter';
import { hashParameters } from '@ferretjs/core/sql';
import type { Server } from '../../database/query-leaf.js';

/** Names of commands: `find`, `createIndexes`, `_configsvrAddShard`. */
const NAME = /^[a-z_]\w{0,59}$/i;
const MAX_COLLECTION = 255;

/** Sent by the driver of its own accord: to open, watch and close connections. */
const OWN = new Set(['hello', 'ismaster', 'isMaster', 'saslStart', 'saslContinue', 'authenticate', 'endSessions']);

/** Commands whose value is the name of a collection. That of others may be a user, a role, a setting. */
const ON_COLLECTION = new Set([
  'aggregate',
  'collMod',
  'collStats',
  'compact',
  'count',
  'create',
  'createIndexes',
  'createSearchIndexes',
  'delete',
  'distinct',
  'drop',
  'dropIndexes',
  'dropSearchIndex',
  'find',
  'findAndModify',
  'insert',
  'killCursors',
  'listIndexes',
  'mapReduce',
  'update',
  'updateSearchIndex',
  'validate',
]);

/** The field with the parts of a command that does several things. */
const BATCHES: Readonly<Record<string, string>> = {
  insert: 'documents',
  update: 'updates',
  delete: 'deletes',
  bulkWrite: 'ops',
};

type Command = Readonly<Record<string, unknown>>;

/**
 * Starts the span of a command, after OpenTelemetry's conventions for MongoDB: `find users`. Nothing of filters,
 * documents and options is in it; `ferret.params` is a keyed hash of them. `undefined` where nothing is recorded, and
 * for what the driver sends of its own accord.
 */
export function startCommand(database: unknown, command: object, server: Server): Leaf | undefined {
  const [first = ''] = Object.keys(command);
  if (OWN.has(first)) return undefined;
  const operation = NAME.test(first) ? first : undefined;
  const collection = collectionOf(command as Command, first);
  const summary = collection === undefined ? operation : `${operation} ${collection}`;
  return startLeaf(summary ?? 'mongodb', 'client', {
    'db.system.name': 'mongodb',
    'db.namespace': typeof database === 'string' ? database : undefined,
    'server.address': server['server.address'],
    'server.port': server['server.port'],
    'db.operation.name': operation,
    'db.collection.name': collection,
    'db.operation.batch.size': batchSizeOf(command as Command, first),
    'ferret.params': hashParameters(command),
  });
}

function collectionOf(command: Command, name: string): string | undefined {
  const collection = name === 'getMore' ? command['collection'] : ON_COLLECTION.has(name) ? command[name] : undefined;
  return typeof collection === 'string' && collection !== '' ? collection.slice(0, MAX_COLLECTION) : undefined;
}

/** Conventions: only where there is more than one part. */
function batchSizeOf(command: Command, name: string): number | undefined {
  const parts = command[BATCHES[name] ?? ''] as { readonly length?: unknown; readonly documents?: unknown } | undefined;
  // Parts that are sent as a sequence of their own (`DocumentSequence`).
  const { length } = (Array.isArray(parts) ? parts : (parts?.documents ?? {})) as { readonly length?: unknown };
  return typeof length === 'number' && length > 1 ? length : undefined;
}
