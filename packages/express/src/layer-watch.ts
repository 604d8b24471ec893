import type { ServerResponse } from 'node:http';
import { currentSpan, type Span } from '@ferretjs/core';
import { exceptionThrown, notesOf, processWide, spanOf, withSpan } from '@ferretjs/core/adapter';
import type { ExpressRequest, Layer } from './express-types.js';
import { createTrail, enterLayer, isTrail, type Trail } from './trail.js';

type Method = (this: Layer, ...args: unknown[]) => unknown;

/** Prototypes of layers that were processed, by any copy of this package. */
const watched = processWide('express.layers', () => new WeakSet<object>());

/**
 * Wraps the methods by which a router runs a layer, once for each copy of Express. The wrapper learns of a match at the
 * moment it happens, and leaves requests unchanged. A method that cannot be replaced is left alone; see
 * `unseenTemplate`.
 */
export function watchLayer(layer: Layer): void {
  const prototype: object | null = Object.getPrototypeOf(layer);
  if (prototype === null || watched.has(prototype)) return;
  watched.add(prototype);
  // The methods of Express 4 and Express 5.
  for (const name of ['handle_request', 'handleRequest']) replace(prototype, name, aroundRequest);
  for (const name of ['handle_error', 'handleError']) replace(prototype, name, aroundError);
}

export function isWatched(layer: Layer | undefined): boolean {
  return layer !== undefined && watched.has(Object.getPrototypeOf(layer));
}

function replace(prototype: object, name: string, around: (original: Method) => Method): void {
  try {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (typeof descriptor?.value !== 'function' || !descriptor.writable || !descriptor.configurable) return;
    const original = descriptor.value as Method;
    const value = around(original);
    Object.defineProperty(value, 'name', { value: original.name, configurable: true });
    Object.defineProperty(value, 'length', { value: original.length, configurable: true });
    Object.defineProperty(prototype, name, { ...descriptor, value });
  } catch {
    // A property that cannot be replaced stays as it is.
  }
}

function aroundRequest(original: Method): Method {
  return function (...args) {
    let span: Span | undefined;
    try {
      span = beforeRequest(this, args);
    } catch {
      // The request continues.
    }
    if (span !== undefined) return withSpan(span, () => original.apply(this, args));
    return args.length === 3 ? original.call(this, args[0], args[1], args[2]) : original.apply(this, args);
  };
}

/**
 * Runs before every layer. If the current span has the trail of this request, it is the request's span. This is checked
 * first, because reading a request is slow: Express gives each one a hidden class of its own.
 *
 * @returns the request's span, if the async context was lost on the way here (some body parsers and session stores do
 *   that)
 */
function beforeRequest(layer: Layer, args: unknown[]): Span | undefined {
  const request = args[0] as ExpressRequest;
  const current = currentSpan();
  const note = (current as { readonly note?: unknown } | undefined)?.note;
  if (isTrail(note) && note.request === request) {
    enter(note, layer, request, args);
    return undefined;
  }
  const span = spanOf(request);
  if (span === undefined) return undefined;
  if (span.isRecording) {
    const trail = trailOf(span as Span & { note: unknown }, request);
    if (trail !== undefined) enter(trail, layer, request, args);
  }
  return current === span || current?.traceId === span.traceId ? undefined : span;
}

function enter(trail: Trail, layer: Layer, request: ExpressRequest, args: unknown[]): void {
  // A layer inside a route matches together with it.
  if ('method' in layer) return;
  enterLayer(trail, layer, request, args[1] as ServerResponse);
  keepNext(trail, args, 2);
}

/**
 * Returns the trail of a span. The trail is kept with the span, unless the adapter of another framework has its notes
 * there.
 */
function trailOf(notes: { note: unknown }, request: ExpressRequest): Trail | undefined {
  notes.note ??= createTrail(request);
  return isTrail(notes.note) ? notes.note : undefined;
}

function aroundError(original: Method): Method {
  return function (...args) {
    try {
      beforeError(this, args);
    } catch {
      // The error continues.
    }
    return original.apply(this, args);
  };
}

function beforeError(layer: Layer, args: unknown[]): void {
  const request = args[1] as ExpressRequest;
  const trail = notesOf(request)?.note;
  if (!isTrail(trail) || 'method' in layer) return;
  trail.isFailing = true;
  // Errors of parameters do not come through `next`.
  if (trail.onError !== undefined) exceptionThrown(request, args[0]);
  keepNext(trail, args, 3);
}

/** Replaces the router's `next` for the layer by the one that receives errors, as on the request. */
function keepNext({ onError, router }: Trail, args: unknown[], at: number): void {
  if (onError !== undefined && router !== undefined && args[at] === router.ownNext) args[at] = router.next;
}
