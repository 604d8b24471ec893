import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith } from '@ferretjs/core/adapter';
import { watchConnect } from '../../database/connect-wait.js';
import { startConnect, startQuery } from '../../database/query-leaf.js';
import { reportFault } from '../../fault.js';
import { type Method, wrapMethod } from '../../wrap-method.js';
import { isConnectingForPool } from './pool.js';
import { handOver, hasLeaf, setLeaf, setLeafOfSubmittable, watchSubmittable } from './query-end.js';
import type { Client, Query } from './shapes.js';
import { failQuery, serverOf } from './span.js';

type Config = string | Query;

export function patchClient(Client: unknown): void {
  const { prototype } = Client as { prototype: object };
  wrapMethod(prototype, 'query', aroundQuery);
  wrapMethod(prototype, 'connect', aroundConnect);
}

function aroundQuery(original: Method): Method {
  return function query(this: unknown, ...args: unknown[]) {
    const client = this as Client;
    const config = args[0] as Config;
    const leaf = start(client, config, args[1]);
    const isOwn = !isSubmittable(config);
    const outer = handOver(isOwn ? leaf : undefined);
    let result: unknown;
    try {
      result = original.apply(this, args);
    } catch (error) {
      if (leaf !== undefined) failQuery(leaf, error);
      throw error;
    } finally {
      handOver(outer);
    }
    if (isOwn) settle(client, config, leaf, result === undefined);
    return result;
  };
}

function start(client: Client, config: Config, values: unknown): Leaf | undefined {
  try {
    if (currentSpan() === undefined || config === null || config === undefined) return undefined;
    const text = typeof config === 'string' ? config : textOf(config);
    const own = typeof config === 'string' ? undefined : config.values;
    const parameters = Array.isArray(own) ? own : Array.isArray(values) ? values : undefined;
    const leaf = startQuery('postgresql', text, parameters, serverOf(client));
    if (leaf !== undefined && isSubmittable(config)) {
      watchSubmittable(config);
      setLeafOfSubmittable(config, leaf);
    }
    return leaf;
  } catch (error) {
    reportFault('the instrumentation of pg', error);
    return undefined;
  }
}

function isSubmittable(config: Config): config is Query {
  return typeof config === 'object' && config !== null && typeof config.submit === 'function';
}

/** A stream has its text in the cursor below it. */
function textOf(config: Query & { readonly cursor?: Query }): string {
  const text = config.text ?? config.cursor?.text;
  return typeof text === 'string' ? text : '';
}

/**
 * Finds the object that pg has made of a query, so that its end is known. A callback is brought back into the context
 * of the call: pg calls it in that of whoever opened the connection.
 */
function settle(client: Client, config: Config, leaf: Leaf | undefined, hasCallback: boolean): void {
  if (leaf === undefined && !hasCallback) return;
  try {
    if (client._queryable === false || client._ending === true) {
      leaf?.fail(new NotSent('The connection takes no queries'));
      return;
    }
    const query = lastQuery(client);
    if (query === undefined || hasLeaf(query) || !isMadeOf(query, config)) {
      // An error may have ended it at once.
      if (leaf?.isRecording) throw new Error('the query that pg has made was not found');
      return;
    }
    if (leaf !== undefined) setLeaf(query, leaf);
    if (hasCallback) bindCallback(query);
  } catch (error) {
    leaf?.end();
    reportFault('the instrumentation of pg', error);
  }
}

/** A connection that is closed, or has failed, takes no queries. */
class NotSent extends Error {}

function lastQuery(client: Client): Query | undefined {
  // The older names still exist, and print a warning.
  const isRenamed = Object.hasOwn(client, '_queryQueue');
  const queue = isRenamed ? client._queryQueue : client.queryQueue;
  const active = isRenamed ? client._activeQuery : client.activeQuery;
  return queue?.at(-1) ?? client._sentQueryQueue?.at(-1) ?? active ?? undefined;
}

function isMadeOf({ text }: Query, config: Config): boolean {
  return text === (typeof config === 'string' ? config : config.text);
}

function bindCallback(query: Query): void {
  const { callback } = query;
  if (typeof callback !== 'function') return;
  const span = currentSpan();
  query.callback = function (this: unknown, ...args: unknown[]) {
    return runWith(span, () => callback.apply(this, args) as unknown);
  };
}

function aroundConnect(original: Method): Method {
  return function connect(this: unknown, ...args: unknown[]) {
    if (currentSpan() === undefined || isConnectingForPool()) return original.apply(this, args);
    const leaf = startConnect('connect', 'postgresql', serverOf(this as Client));
    return watchConnect({ original, receiver: this, args, leaf, fail: failQuery });
  };
}
