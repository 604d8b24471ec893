import { follow, isPromise } from '@ferretjs/core/adapter';
import type { Channels } from '../../channels.js';
import type { Library } from '../../library.js';
import { type Method, wrapAll } from '../../wrap-method.js';
import { endOperation, failOperation, type Operation, startOperation } from './operation.js';

/**
 * Operations of GraphQL, as they are executed: `query Orders`. A server that has Ferret's plugin describes the request
 * with its operation, and gets no span for it. Executors other than `graphql`'s own (Yoga's) are not seen.
 */
export const graphql: Library = {
  name: 'graphql',
  ways: [
    { how: 'channel', package: 'graphql', versions: '>=17 <18', subscribe },
    { how: 'hook', package: 'graphql', versions: '>=16 <17', file: 'execution/execute.js', patch },
  ],
};

const LEAF = Symbol('leaf');

/** An execution as the channel tells it. */
interface Message extends Operation {
  readonly operationType?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
  [LEAF]?: ReturnType<typeof startOperation>;
}

function subscribe(channels: Channels): void {
  channels.trace<Message>('graphql:execute', {
    start(message) {
      message[LEAF] = startOperation(message);
    },
    // A result that is there at once comes with this event, and otherwise with the next.
    end(message) {
      if ('result' in message) endOperation(message[LEAF], message.result);
    },
    asyncEnd(message) {
      endOperation(message[LEAF], message.result);
    },
    error(message) {
      failOperation(message[LEAF], message.error);
    },
  });
}

function patch(exports: unknown): void {
  wrapAll(exports as object, { execute: aroundExecute });
}

function aroundExecute(original: Method): Method {
  return function execute(this: unknown, ...args: unknown[]) {
    const leaf = startOperation(args[0] as Operation);
    if (leaf === undefined) return original.apply(this, args);
    try {
      const result = original.apply(this, args);
      if (isPromise(result)) return follow(result, (value) => endOperation(leaf, value), rethrow(leaf));
      return endOperation(leaf, result);
    } catch (error) {
      failOperation(leaf, error);
      throw error;
    }
  };
}

function rethrow(leaf: ReturnType<typeof startOperation>) {
  return (error: unknown): never => {
    failOperation(leaf, error);
    throw error;
  };
}
