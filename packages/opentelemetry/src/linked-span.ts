import type { LinkedSpan } from '@ferretjs/core';
import type { SpanLink } from './readable-span.js';
import { storedAttributes } from './stored-attributes.js';

/** A link of OpenTelemetry as Ferret takes it; `undefined` for what is none. Never throws, but with the stack full. */
export function linkedSpanOf(link: SpanLink): LinkedSpan | undefined {
  try {
    const { context, attributes } = link;
    const { traceId, spanId, traceFlags, traceState, isRemote } = context;
    return {
      traceId,
      spanId,
      flags: traceFlags,
      isRemote,
      tracestate: traceState?.serialize(),
      attributes: attributes && storedAttributes(attributes),
    };
  } catch {
    return undefined; // A proxy or a getter that throws.
  }
}
