import type { AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { Attributes } from '../attributes/attribute-value.js';
import { recordFailure } from './exception.js';
import type { SpanIds } from './ids.js';
import type { Leaf, LinkedSpan, Span, SpanKind } from './span.js';
import { LocalTrace, SpanData } from './span-data.js';
import { formatTraceparent, SAMPLED_FLAG } from './trace-context.js';

/** A span of this process, as the spans started below it see it. */
export interface SpanAbove {
  readonly ids: SpanIds;
  readonly flags: number;
  readonly tracestate: string | undefined;
  readonly tracer: SpanOwner;
  /** The topmost span above it in this process, or itself. */
  readonly top: RecordingSpan;
  /** The trace of a span started below this one; another instance decides for itself. */
  traceFor(tracer: SpanOwner): LocalTrace | null | undefined;
}

/** Properties that a span takes over from the span above it. */
export interface SpanContext {
  readonly ids: SpanIds;
  readonly isLocalRoot: boolean;
  /** Trace flags to send on; see trace-context.ts. */
  readonly flags: number;
  readonly tracestate: string | undefined;
  /**
   * `null` below a span that is kept without a decision; `undefined` for the first span of its trace in this process.
   */
  readonly trace?: LocalTrace | null | undefined;
  /** The topmost span above it in this process. */
  readonly top?: RecordingSpan | undefined;
}

/** A span that the tracer has in sight until it ends: a list through the spans themselves; see open-spans.ts. */
export interface OpenSpan {
  /** The data recorded so far; `undefined` once the span has ended. */
  data: SpanData | undefined;
  isListed: boolean;
  previousOpen: OpenSpan | undefined;
  nextOpen: OpenSpan | undefined;
  /** Its place among those whose end could not be told; see `Tracer.overdue`. */
  nextOverdue: OpenSpan | null | undefined;
  end(): void;
  /** Ends the span because the process ends. */
  interrupt(): void;
}

/** The part of a tracer that its spans need. */
export interface SpanOwner {
  readonly attributes: AttributeRecorder;
  /** Spans are counted, and not recorded. */
  readonly isClosed: boolean;
  /** Whether spans must know which of them belong together. */
  readonly needsTraces: boolean;
  /** The last of the spans whose end could not be told; see `Tracer.overdue`. */
  overdue: OpenSpan | null;
  /** A name of spans or a route, by the rules of attributes. */
  cleanName(name: string): string;
  started(span: OpenSpan): void;
  ended(span: OpenSpan, data: SpanData): void;
  /** The span is taken out of the record. */
  forgotten(span: OpenSpan): void;
  /** Starts a span without children below one of this tracer's or of another's. */
  startLeaf(parent: SpanAbove, name: string, kind: SpanKind, attributes: Attributes | undefined): Leaf | undefined;
  /** So is the first span of a trace. */
  suppressed(trace: LocalTrace): void;
}

/**
 * The handle the application holds. It is small, and after `end()` it keeps nothing but ids: whatever captured the
 * async context of a request (a pooled socket, a timer) keeps this object alive for as long as it lives itself.
 */
export class RecordingSpan implements Span, OpenSpan, SpanAbove {
  readonly ids: SpanIds;
  readonly tracestate: string | undefined;
  /**
   * The trace flags sent on: the caller's where the trace is continued, so that Ferret never makes others record more.
   */
  readonly flags: number;
  data: SpanData | undefined;
  /** Not recorded on purpose, and neither is what is started below it. */
  isSuppressed = false;
  /** The spans that are kept or let go together with this one. The object is small once that is decided. */
  readonly trace: LocalTrace | null;
  readonly tracer: SpanOwner;
  isListed = false;
  previousOpen: OpenSpan | undefined = undefined;
  nextOpen: OpenSpan | undefined = undefined;
  nextOverdue: OpenSpan | null | undefined = undefined;
  readonly #top: RecordingSpan | undefined;

  constructor(tracer: SpanOwner, name: string, kind: SpanKind, context: SpanContext) {
    this.tracer = tracer;
    this.ids = context.ids;
    this.flags = context.flags;
    this.tracestate = context.tracestate;
    this.#top = context.top;
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

  /** The topmost span above it in this process, or itself. Not its parent: chains of parents have no end. */
  get top(): RecordingSpan {
    return this.#top ?? this;
  }

  get isRecording(): boolean {
    return this.data !== undefined;
  }

  /** For links to it: it is a span of this process. */
  get isRemote(): false {
    return false;
  }

  get traceparent(): string {
    if (!this.isSuppressed) return formatTraceparent(this.traceId, this.spanId, this.flags);
    // The next service is better off below the caller's span than below one that is nowhere.
    const { parentId } = this;
    if (parentId !== undefined) return formatTraceparent(this.traceId, parentId, this.flags);
    return formatTraceparent(this.traceId, this.spanId, this.flags & ~SAMPLED_FLAG);
  }

  /** The trace of a span started below this one; another instance decides for itself. */
  traceFor(tracer: SpanOwner): LocalTrace | null | undefined {
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
    if (this.data !== undefined) recordFailure(this.data, this.tracer.attributes, error);
    return this;
  }

  addLink(link: LinkedSpan): this {
    if (this.data !== undefined) this.data.addMore().addLink(this.data, this.tracer.attributes, link);
    return this;
  }

  addEvent(name: string, attributes?: Attributes, time?: Date | number): this {
    const { data, tracer } = this;
    if (data !== undefined) data.addMore().addEvent(data, tracer.attributes, tracer.cleanName(name), attributes, time);
    return this;
  }

  end(): void {
    const { data } = this;
    if (data === undefined) return;
    try {
      data.durationNanos = this.durationOf(data);
      this.tracer.ended(this, data);
    } catch {
      if (this.nextOverdue !== undefined) return;
      this.nextOverdue = this.tracer.overdue;
      this.tracer.overdue = this;
    }
  }

  /** Whole nanoseconds from the start of the span until now. */
  protected durationOf(data: SpanData): number {
    return Math.max(0, Math.round((performance.now() - data.startedAt) * 1e6));
  }

  /** Takes the span out of the record, as if it had never been started. */
  suppress(): void {
    const { data, trace } = this;
    if (data === undefined) return;
    this.tracer.forgotten(this);
    this.data = undefined;
    this.isSuppressed = true;
    if (trace === null || trace.root !== data) return;
    trace.isSuppressed = true;
    trace.root = undefined;
    this.tracer.suppressed(trace);
  }

  /** Keeps a span that was never started out of the record, with what is started below it. */
  ignore(): void {
    this.data = undefined;
    this.isSuppressed = true;
  }

  /** Takes the span out of the record until {@link resume}: its work was described, and has not begun. */
  pause(): void {
    if (this.data !== undefined) this.tracer.forgotten(this);
  }

  /** The work begins now. */
  resume(): void {
    if (this.data === undefined) return;
    this.data.restart();
    this.tracer.started(this);
  }

  interrupt(): void {
    if (this.data !== undefined) this.data.outcome = 'interrupted';
    this.end();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #join(trace: LocalTrace | null | undefined, data: SpanData): LocalTrace | null {
    let joined = trace ?? null;
    if (trace === undefined && this.tracer.needsTraces) {
      joined = new LocalTrace();
      joined.root = data;
    }
    if (joined !== null) data.trace = joined;
    return joined;
  }
}

/** By shape: the span may come from the other copy of this package, CommonJS or ES module. */
export function isSuppressed(span: object): boolean {
  return (span as { readonly isSuppressed?: boolean }).isSuppressed === true;
}
