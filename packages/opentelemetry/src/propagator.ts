import { continueTrace } from '@ferretjs/core/adapter';
import {
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { parseBaggage, serializeBaggage } from './baggage.js';
import { isTracingSuppressed } from './span-in-context.js';

const TRACEPARENT = 'traceparent';
const TRACESTATE = 'tracestate';
const BAGGAGE = 'baggage';

/** The headers of W3C Trace Context and W3C Baggage, in and out. */
export class FerretPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    if (isTracingSuppressed(context)) return;
    const spanContext = trace.getSpanContext(context);
    if (spanContext !== undefined && isSpanContextValid(spanContext)) {
      const { traceId, spanId, traceFlags, traceState } = spanContext;
      setter.set(carrier, TRACEPARENT, `00-${traceId}-${spanId}-0${(traceFlags & 3).toString(16)}`);
      const state = traceState?.serialize();
      if (state) setter.set(carrier, TRACESTATE, state);
    }
    const baggage = propagation.getBaggage(context);
    const header = baggage && serializeBaggage(baggage);
    if (header) setter.set(carrier, BAGGAGE, header);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = context;
    const { parent } = continueTrace(
      { [TRACEPARENT]: getter.get(carrier, TRACEPARENT), [TRACESTATE]: joined(getter.get(carrier, TRACESTATE)) },
      'continue',
    );
    if (parent) {
      const { traceId, spanId, tracestate } = parent;
      const traceFlags = ('flags' in parent ? parent.flags : undefined) ?? 0;
      extracted = trace.setSpanContext(extracted, {
        traceId,
        spanId,
        traceFlags,
        isRemote: true,
        ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
      });
    }
    const baggage = parseBaggage(joined(getter.get(carrier, BAGGAGE)));
    return baggage === undefined ? extracted : propagation.setBaggage(extracted, baggage);
  }

  fields(): string[] {
    return [TRACEPARENT, TRACESTATE, BAGGAGE];
  }
}

/** Several headers are one list. */
function joined(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
