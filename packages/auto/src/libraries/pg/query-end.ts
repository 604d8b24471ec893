import type { Leaf } from '@ferretjs/core/adapter';
import { type Method, wrapMethod } from '../../wrap-method.js';
import type { Query } from './shapes.js';
import { failQuery } from './span.js';

/**
 * The span of a query that pg has made. A property costs a tenth of what an entry in a `WeakMap` costs with its
 * collection.
 */
const LEAF = Symbol('ferretjs.leaf');
/** The spans of queries that are the application's own objects: cursors, streams, and those made by `new Query()`. */
const leaves = new WeakMap<object, Leaf>();
/** The span of the query that is being handed over, as long as the object that pg makes of it is not known. */
let handedOver: Leaf | undefined;

/** Queries of all styles end in these methods: with a callback, with a promise, and with events. */
export function patchQuery(Query: unknown): void {
  watchMethods((Query as { prototype: object }).prototype);
}

/** Cursors and streams are classes of other packages that have the same methods. */
export function watchSubmittable(query: Query): void {
  for (let holder: object | null = query; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    if (!Object.hasOwn(holder, 'handleReadyForQuery')) continue;
    watchMethods(holder);
    return;
  }
}

/** Whether the query has been handed over before. */
export function hasLeaf(query: Query): boolean {
  return leafOf(query) !== undefined;
}

export function setLeaf(query: Query, leaf: Leaf): void {
  (query as Traced)[LEAF] = leaf;
}

export function setLeafOfSubmittable(query: Query, leaf: Leaf): void {
  leaves.set(query, leaf);
}

interface Traced extends Query {
  [LEAF]?: Leaf;
}

function leafOf(query: Traced): Leaf | undefined {
  return query[LEAF] ?? leaves.get(query);
}

/**
 * Says whose query pg is about to make, as an error of it may come before its object is known. Returns what was said
 * before, which is to be said again afterwards.
 */
export function handOver(leaf: Leaf | undefined): Leaf | undefined {
  const outer = handedOver;
  handedOver = leaf;
  return outer;
}

function watchMethods(prototype: object): void {
  wrapMethod(prototype, 'handleError', aroundError);
  wrapMethod(prototype, 'handleReadyForQuery', aroundReady);
}

function aroundError(original: Method): Method {
  return function handleError(this: unknown, ...args: unknown[]) {
    const leaf = leafOf(this as Query) ?? handedOver;
    if (leaf !== undefined) failQuery(leaf, args[0]);
    return original.apply(this, args);
  };
}

function aroundReady(original: Method): Method {
  return function handleReadyForQuery(this: unknown, ...args: unknown[]) {
    const leaf = leafOf(this as Query);
    if (leaf !== undefined) end(leaf, this as Query);
    return original.apply(this, args);
  };
}

function end(leaf: Leaf, { _result: result }: Query): void {
  if (result?.command === 'SELECT' && typeof result.rowCount === 'number') {
    leaf.end({ 'db.response.returned_rows': result.rowCount });
  } else leaf.end();
}
