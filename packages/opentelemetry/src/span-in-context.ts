import type { Span } from '@ferretjs/core';
import { type Span as ApiSpan, type Context, createContextKey, isSpanContextValid, trace } from '@opentelemetry/api';
import { BridgedSpan } from './bridged-span.js';
import { OwnSpan } from './own-span.js';
import { RemoteParent } from './remote-parent.js';

/** The key by which OpenTelemetry's SDK marks contexts whose spans are not recorded, such as that of an exporter. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Whether spans that begin in a context are not recorded. */
export function isTracingSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESS_TRACING) === true;
}

/**
 * Ferret's span for the span in a context: the span itself, or its ids where it is that of another process, or of
 * another library.
 *
 * @param unrecorded the span of code whose spans are not recorded
 */
export function spanIn(context: Context, unrecorded: Span): Span | undefined {
  if (isTracingSuppressed(context)) return unrecorded;
  const span = trace.getSpan(context);
  return span === undefined ? undefined : ferretSpanOf(span);
}

/** As above, of a span. */
export function ferretSpanOf(span: ApiSpan): Span | undefined {
  try {
    if (span instanceof BridgedSpan || span instanceof OwnSpan) return span.ferret;
    const own = (span as { readonly ferret?: Span }).ferret;
    if (typeof own?.annotate === 'function') return own; // It belongs to the other copy of this package.
    const spanContext = span.spanContext();
    return isSpanContextValid(spanContext) ? new RemoteParent(spanContext) : undefined;
  } catch {
    return undefined; // A part of a span, such as a test's.
  }
}

/** The context for code whose current span Ferret has set, with the values of the context below. */
export function contextOf(span: Span | undefined, below: Context, unrecorded: Span): Context {
  if (span === undefined) return trace.deleteSpan(below);
  if (span === unrecorded) return trace.deleteSpan(below).setValue(SUPPRESS_TRACING, true);
  return trace.setSpan(below, apiSpanOf(span));
}

const views = new WeakMap<Span, ApiSpan>();

/** OpenTelemetry's span for one of Ferret's. */
function apiSpanOf(span: Span): ApiSpan {
  const bridged = BridgedSpan.of(span);
  if (bridged !== undefined) return bridged;
  if (span instanceof RemoteParent) return trace.wrapSpanContext(span.spanContext);
  let view = views.get(span);
  if (view === undefined) {
    view = new OwnSpan(span);
    views.set(span, view);
  }
  return view;
}
