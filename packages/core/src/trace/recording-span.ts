import { AttributeBag, type Attributes, type AttributeValue } from '../attributes/attribute-recorder.js';
import { epochMicros } from './clock.js';
import type { SpanIds } from './ids.js';
import type { Outcome, SharedAttributes, Span, SpanKind, SpanRecord } from './span.js';
import { LocalTrace, type SpanSampling } from './span-data.js';
import { formatTraceparent } from './trace-context.js';
import type { Tracer } from './tracer.js';

/** What is known of a span so far; handed to the pipeline when it ends, and let go of by the span. */
export class SpanData extends AttributeBag implements SpanRecord {
  readonly ids: SpanIds;
  readonly isLocalRoot: boolean;
  readonly kind: SpanKind;
  name: string;
  /** Reading of `performance.now()` at the start. */
  readonly startedAt: number;
  readonly startMicros: number;
  durationNanos = 0;
  outcome: Outcome = 'ok';
  errorType: string | undefined = undefined;
  httpMethod: string | undefined = undefined;
  httpRoute: string | undefined = undefined;
  httpStatusCode: number | undefined = undefined;
  sharedAttributes: SharedAttributes | undefined = undefined;
  /** What is kept or let go together; nothing where everything is kept. */
  trace: LocalTrace | undefined = undefined;
  sampling: SpanSampling | undefined = undefined;

  constructor(name: string, kind: SpanKind, ids: SpanIds, isLocalRoot: boolean) {
    super();
    this.name = name;
    this.kind = kind;
    this.ids = ids;
    this.isLocalRoot = isLocalRoot;
    this.startedAt = performance.now();
    this.startMicros = epochMicros(this.startedAt);
  }

  get traceId(): string {
    return this.ids.traceId;
  }

  get spanId(): string {
    return this.ids.spanId;
  }

  get parentId(): string | undefined {
    return this.ids.parentId;
  }

  get attributes(): Readonly<Record<string, AttributeValue>> {
    return this.values;
  }

  /** The record alone, for stores that keep JSON. */
  toJSON(): SpanRecord {
    const { traceId, spanId, parentId, isLocalRoot, name, kind, startMicros, durationNanos, outcome, errorType } = this;
    const { httpMethod, httpRoute, httpStatusCode, sharedAttributes, attributes, sampling } = this;
    const time = { startMicros, durationNanos };
    const http = { httpMethod, httpRoute, httpStatusCode };
    const what = { isLocalRoot, name, kind, outcome, errorType, sharedAttributes, attributes, sampling };
    return { traceId, spanId, parentId, ...what, ...time, ...http };
  }
}

/** What a span takes over from the one above it. */
export interface SpanContext {
  readonly ids: SpanIds;
  readonly isLocalRoot: boolean;
  readonly sampled: boolean;
  readonly tracestate: string | undefined;
  /** `null` below a span that is kept without a decision; none for the first of its trace in this process. */
  readonly trace?: LocalTrace | null | undefined;
}

/**
 * The handle the application holds. It is small, and after `end()` it keeps nothing but ids: whatever captured the
 * async context of a request (a pooled socket, a timer) keeps this object alive for as long as it lives itself.
 */
export class RecordingSpan implements Span {
  readonly ids: SpanIds;
  readonly tracestate: string | undefined;
  /** The flag sent on: the caller's where the trace is continued, so that Ferret never makes others record more. */
  readonly sampled: boolean;
  /** What is recorded so far; gone once the span has ended. */
  data: SpanData | undefined;
  /** Not recorded on purpose, and neither is what is started below it. */
  isSuppressed = false;
  /** What is kept or let go together; small once that is decided. */
  readonly trace: LocalTrace | null;
  protected readonly tracer: Tracer;
  /** Its place among the open ones; see open-spans.ts. */
  isListed = false;
  previousOpen: RecordingSpan | undefined = undefined;
  nextOpen: RecordingSpan | undefined = undefined;

  constructor(tracer: Tracer, name: string, kind: SpanKind, context: SpanContext) {
    this.tracer = tracer;
    this.ids = context.ids;
    this.sampled = context.sampled;
    this.tracestate = context.tracestate;
    this.data = tracer.isClosed ? undefined : new SpanData(name, kind, context.ids, context.isLocalRoot);
    this.trace = this.data === undefined ? null : this.#join(context.trace, this.data);
  }

  get traceId(): string {
    return this.ids.traceId;
  }

  get spanId(): string {
    return this.ids.spanId;
  }

  get parentId(): string | undefined {
    return this.ids.parentId;
  }

  isOf(tracer: Tracer): boolean {
    return this.tracer === tracer;
  }

  get isRecording(): boolean {
    return this.data !== undefined;
  }

  get traceparent(): string {
    if (!this.isSuppressed) return formatTraceparent(this.traceId, this.spanId, this.sampled);
    // The next service is better off below the caller's span than below one that is nowhere.
    return formatTraceparent(this.traceId, this.parentId ?? this.spanId, this.parentId !== undefined && this.sampled);
  }

  /** The trace of a span started below this one; another instance decides for itself. */
  traceFor(tracer: Tracer): LocalTrace | null | undefined {
    return this.tracer === tracer ? this.trace : undefined;
  }

  annotate(attributes: Attributes): this {
    if (this.data !== undefined) this.tracer.attributes.setAll(this.data, attributes);
    return this;
  }

  rename(name: string): this {
    if (this.data !== undefined) this.data.name = this.tracer.attributes.text(name);
    return this;
  }

  recordError(error: unknown): this {
    const data = this.data;
    if (data !== undefined) {
      data.outcome = 'error';
      data.errorType = this.recordException(data, error);
    }
    return this;
  }

  end(): void {
    const data = this.data;
    if (data === undefined) return;
    this.data = undefined;
    data.durationNanos = Math.max(0, Math.round((performance.now() - data.startedAt) * 1e6));
    this.tracer.ended(this, data);
  }

  /** Takes the span out of the record, as if it had never been started. */
  suppress(): void {
    if (this.data === undefined) return;
    if (this.trace?.root === this.data) this.trace.isSuppressed = true;
    this.data = undefined;
    this.isSuppressed = true;
    this.tracer.suppressed(this);
  }

  /** Ends the span because the process ends. */
  interrupt(): void {
    if (this.data !== undefined) this.data.outcome = 'interrupted';
    this.end();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #join(trace: LocalTrace | null | undefined, data: SpanData): LocalTrace | null {
    let joined = trace ?? null;
    if (trace === undefined && this.tracer.isSampling) {
      joined = new LocalTrace();
      joined.root = data;
    }
    if (joined !== null) data.trace = joined;
    return joined;
  }

  /**
   * Keeps an exception without a verdict on the span, and returns its class name.
   * Attribute names: OpenTelemetry semantic conventions, "Exceptions".
   */
  protected recordException(data: SpanData, error: unknown): string {
    const { attributes } = this.tracer;
    let type = 'unknown';
    try {
      type = attributes.text(className(error));
      attributes.set(data, 'exception.type', type);
      attributes.set(data, 'exception.message', error instanceof Error ? error.message : error);
      if (error instanceof Error) attributes.set(data, 'exception.stacktrace', error.stack);
    } catch {
      // A proxy or a getter that throws: what could be read before is kept.
    }
    return type;
  }
}

function className(error: unknown): string {
  if (!(error instanceof Error)) return error === null ? 'null' : typeof error;
  // Most subclasses leave `name` at "Error"; the constructor knows better.
  return error.name === 'Error' ? error.constructor.name || 'Error' : error.name;
}
