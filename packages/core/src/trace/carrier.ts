import type { LinkedSpan, RemoteSpan, SpanOptions } from './span.js';
import { MAX_TRACESTATE_LENGTH, parseTraceparent, parseTracestate } from './trace-context.js';

/**
 * The headers of a message, which carry a trace from one process to another as `traceparent` and `tracestate` (W3C
 * Trace Context): an object, a `Map`, or anything with a `get` as `Headers` has it.
 */
export type Carrier = object;

/** The relation between a consumer's span and the trace that its message came from. */
export type Continuation =
  /** A trace of its own, linked to the producer's: a job without end must not become a trace without end. */
  | 'link'
  /** A part of the producer's trace. */
  | 'continue';

/**
 * Reads where a message came from, as options for the span that deals with it. Never throws: without a valid
 * `traceparent`, the span begins a trace of its own.
 *
 * @param carrier Headers of the message. Values are texts, lists of one text, or bytes (Kafka's).
 * @param how Default `link`.
 * @example
 * import { continueTrace, runWith, startSpan } from '@ferretjs/core/adapter';
 *
 * export function onMessage(message: { headers: Record<string, string> }, handle: () => void) {
 *   const span = startSpan('process orders', { kind: 'consumer', ...continueTrace(message.headers) });
 *   try {
 *     runWith(span, handle);
 *   } catch (error) {
 *     span.recordError(error);
 *     throw error;
 *   } finally {
 *     span.end();
 *   }
 * }
 */
export function continueTrace(
  carrier: Carrier | undefined,
  how: Continuation = 'link',
): Pick<SpanOptions, 'parent' | 'links'> {
  const remote = carrier === undefined ? undefined : remoteSpanOf(carrier);
  if (remote === undefined) return { parent: null };
  return how === 'continue' ? { parent: remote } : { parent: null, links: [remote satisfies LinkedSpan] };
}

function remoteSpanOf(carrier: Carrier): RemoteSpan | undefined {
  try {
    return parseRemoteSpan(textOf(carrier, 'traceparent'), textOf(carrier, 'tracestate'));
  } catch {
    return undefined; // A proxy or a getter that throws.
  }
}

/** The span of a caller, by its headers; `undefined` for anything but a well-formed `traceparent`. */
export function parseRemoteSpan(
  traceparent: string | readonly string[] | undefined,
  tracestate: string | readonly string[] | undefined,
): RemoteSpan | undefined {
  const caller = parseTraceparent(traceparent);
  if (caller === undefined) return undefined;
  const { traceId, parentId: spanId, flags } = caller;
  return { traceId, spanId, flags, tracestate: parseTracestate(tracestate), isRemote: true };
}

function textOf(carrier: Carrier, name: string): string | undefined {
  const { get } = carrier as { readonly get?: unknown };
  const value: unknown =
    typeof get === 'function' ? get.call(carrier, name) : (carrier as Readonly<Record<string, unknown>>)[name];
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof only === 'string') return only;
  // To read megabytes that are no header would block the event loop.
  if (!(only instanceof Uint8Array) || only.length > MAX_TRACESTATE_LENGTH) return undefined;
  return Buffer.from(only).toString('latin1');
}
