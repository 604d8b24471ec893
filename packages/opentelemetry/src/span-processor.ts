import { type Ferret, FerretError, type FerretOptions, type RemoteSpan } from '@ferretjs/core';
import {
  existingFerret,
  type FerretInstance,
  type ForeignSpan,
  ferretFor,
  ferretOfRequests,
  processWide,
} from '@ferretjs/core/adapter';
import type { Context, SpanContext } from '@opentelemetry/api';
import { describeSpan, serviceOf } from './describe-span.js';
import { endOf, finish } from './end-of-span.js';
import { warnOnce } from './give-up.js';
import { microsOf, nanosOf } from './hr-time.js';
import type { OldReadableSpan, ReadableSpan } from './readable-span.js';
import { pathOf } from './request.js';
import { kindOf } from './span-kind.js';

/** The key of the span in a context, the same in all versions of OpenTelemetry's API. */
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN');

/** The spans that have begun. By their contexts: these are the same object wherever a span is wrapped. */
type StartedSpans = WeakMap<SpanContext, ForeignSpan>;

/** For each Ferret, as an SDK may have several processors that feed one: each span is recorded once. */
const startedIn = processWide('opentelemetry.started', () => new WeakMap<FerretInstance, StartedSpans>());

/** The flag of a span that was sampled (W3C Trace Context). */
const SAMPLED = 1;

/**
 * Records the spans of an application that has OpenTelemetry's SDK, in versions 1, 2 or 3, into Ferret's file. They are
 * counted, sampled and stored like all spans of Ferret; spans that the SDK samples out never arrive. Nothing that it
 * does throws.
 *
 * @example
 * import { FerretSpanProcessor } from '@ferretjs/opentelemetry';
 * import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
 *
 * new NodeTracerProvider({ spanProcessors: [new FerretSpanProcessor()] }).register();
 */
export class FerretSpanProcessor {
  #ferret: FerretInstance | undefined;
  #isShutDown = false;
  #spans: StartedSpans = new WeakMap();

  /**
   * @param optionsOrInstance Default: the default Ferret of the process. If there is none when the first span begins,
   *   it is made with the `service.name` of the span's resource, unless the environment has a name.
   * @throws FerretError `INVALID_OPTION`
   */
  constructor(optionsOrInstance?: FerretOptions | Ferret) {
    const isNamed = process.env['FERRET_SERVICE'] !== undefined || process.env['OTEL_SERVICE_NAME'] !== undefined;
    if (optionsOrInstance !== undefined) this.#ferret = ferretFor(optionsOrInstance);
    else if (isNamed || existingFerret() !== undefined) this.#ferret = ferretOfRequests();
  }

  /** Called by the SDK for each span that starts. */
  onStart(span: ReadableSpan, parentContext: Context): void {
    try {
      const own = span.spanContext();
      if (this.#isShutDown || (own.traceFlags & SAMPLED) === 0) return;
      const ferret = this.#ferretOf(span);
      if (this.#spans.has(own)) return;
      const parent = this.#parentOf(span, own, parentContext);
      const started = ferret?.startForeign({
        name: span.name,
        kind: kindOf(span.kind),
        ids: own,
        parent,
        startMicros: microsOf(span.startTime),
        path: pathOf(span.attributes),
        describe: () => describeSpan(span, ferret.http.options.clientAddress),
      });
      // Spans below one that is not recorded must find what is above it.
      const known = started ?? (parent !== undefined && 'isSuppressed' in parent ? parent : undefined);
      if (known !== undefined) this.#spans.set(own, known);
    } catch {
      // The stack is full, or the span is not the SDK's own.
    }
  }

  /** Called by the SDK for each span that ends. */
  onEnd(span: ReadableSpan): void {
    let known: ForeignSpan | undefined;
    try {
      known = this.#spans.get(span.spanContext());
      finish(known, () => endOf(span, nanosOf(span.duration)));
    } catch {
      // The stack is full, and every call may throw. The tracer ends overdue spans later.
      if (known?.data === undefined || known.nextOverdue !== undefined) return;
      known.nextOverdue = known.tracer.overdue;
      known.tracer.overdue = known;
    }
  }

  /** Resolves when the spans that have ended so far are stored, or after five seconds. Never rejects. */
  async forceFlush(): Promise<void> {
    await this.#ferret?.flush();
  }

  /** Stores the spans that have ended, and takes no more. The Ferret stays open: others may use it. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.forceFlush();
  }

  #ferretOf(span: ReadableSpan): FerretInstance | undefined {
    this.#ferret ??= this.#create(serviceOf(span));
    if (this.#ferret !== undefined && this.#spans !== startedIn.get(this.#ferret)) this.#share(this.#ferret);
    return this.#ferret;
  }

  #share(ferret: FerretInstance): void {
    const started = startedIn.get(ferret);
    if (started === undefined) startedIn.set(ferret, this.#spans);
    else this.#spans = started;
  }

  #create(service: string | undefined): FerretInstance | undefined {
    try {
      return service === undefined || existingFerret() !== undefined
        ? ferretOfRequests()
        : ferretFor({ service }, true);
    } catch (error) {
      this.#isShutDown = true;
      if (error instanceof FerretError) warnOnce(error);
      return undefined;
    }
  }

  /** The span above, by this process's own, or by its ids if it is another's, or was not sampled. */
  #parentOf(span: OldReadableSpan, own: SpanContext, context: Context): ForeignSpan | RemoteSpan | undefined {
    const above = (context.getValue(SPAN_KEY) as { spanContext(): SpanContext } | undefined)?.spanContext();
    const known = above && this.#spans.get(above);
    if (known !== undefined && known.traceId === own.traceId) return known;
    const { traceId, spanId } = span.parentSpanContext ?? { traceId: own.traceId, spanId: span.parentSpanId };
    if (spanId === undefined || traceId !== own.traceId) return undefined;
    return { traceId, spanId, flags: own.traceFlags, isRemote: true };
  }
}
