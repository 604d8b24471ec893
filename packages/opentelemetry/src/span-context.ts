import type { Span } from '@ferretjs/core';
import { createTraceState, INVALID_SPAN_CONTEXT, isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** The context of one of Ferret's spans: what it sends on, which for an ignored span is what it was sent. */
export function spanContextOf({ traceparent, tracestate }: Span): SpanContext {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const context = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(context) ? context : INVALID_SPAN_CONTEXT;
}
