import type { AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { Attributes } from '../attributes/attribute-value.js';
import { spanStorage } from './context.js';
import { hasLongText } from './given-attributes.js';
import { RecordingSpan, type SpanContext, type SpanOwner } from './recording-span.js';
import type { LinkedSpan, Outcome, RemoteSpan, Span, SpanKind } from './span.js';
import type { LateDescription, SpanData } from './span-data.js';

/** The attribute by which a span asks to keep its trace. It is looked at before the span is described. */
const KEEP = 'ferret.keep';

/** The stored part of a foreign span beside its name, times and outcome. */
export interface ForeignDescription {
  readonly attributes: Attributes;
  /**
   * Attributes that the span has in common with many others. The same object for all of them, as it is read once only.
   */
  readonly shared?: Attributes | undefined;
  readonly links?: readonly LinkedSpan[] | undefined;
  readonly events?: readonly ForeignEvent[] | undefined;
  /** Attributes, links and events that the other library has left out. */
  readonly dropped?: { readonly attributes: number; readonly links: number; readonly events: number } | undefined;
}

/** Something that happened at one moment of a foreign span. */
export interface ForeignEvent {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly attributes?: Attributes | undefined;
}

/** The notes of a foreign span, as the other library has them. Nothing in there changes after the span's end. */
export interface ForeignNotes {
  readonly attributes: Attributes;
  readonly links: { readonly length: number };
  readonly events: { readonly length: number };
}

/** A span that another tracing library measures, such as OpenTelemetry's SDK, as it is known when it starts. */
export interface ForeignStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** The ids that the other library gave it. Default: new ones, in the trace of the parent. */
  readonly ids?: { readonly traceId: string; readonly spanId: string } | undefined;
  /** The span above it, of this process or of another one. Default: none, and the span begins a trace. */
  readonly parent?: Span | RemoteSpan | undefined;
  /** Wall clock, microseconds since the epoch. Default: now. */
  readonly startMicros?: number | undefined;
  /** The path of a request. */
  readonly path?: string | undefined;
  /**
   * Says what is to be stored of what the span has been told so far. It is called if the span is kept, or is open for
   * long. Secrets are found as in all attributes; values of queries must not be in there.
   */
  readonly describe: () => ForeignDescription;
}

/** A foreign span as it is known when it ends. */
export interface ForeignEnd {
  readonly name: string;
  /** Whole nanoseconds. Default: those since its start. */
  readonly durationNanos?: number | undefined;
  readonly outcome: Outcome;
  /** `error.type`, for an outcome other than `ok`. */
  readonly errorType?: string | undefined;
  /** `http.request.method`, of a server span. */
  readonly httpMethod?: string | undefined;
  /** `http.route`, of a server span. */
  readonly httpRoute?: string | undefined;
  /** `http.response.status_code`, of a server span. */
  readonly httpStatusCode?: number | undefined;
  readonly notes: ForeignNotes;
  /**
   * As in {@link ForeignStart}. Default: the same. Another one lets the library's span let go of what it was told: the
   * async contexts of pooled sockets keep spans alive for as long as they live themselves.
   */
  readonly describe?: (() => ForeignDescription) | undefined;
}

/**
 * The span of another tracing library. It is counted, judged, folded and stored like any other. Its attributes are
 * copied, redacted and cut only if it is kept.
 */
export class ForeignSpan extends RecordingSpan {
  #describe: (() => ForeignDescription) | undefined;
  #durationNanos: number | undefined;
  #path: string | undefined;

  constructor(tracer: SpanOwner, name: string, context: SpanContext, start: ForeignStart) {
    super(tracer, name, start.kind, context);
    const { data } = this;
    if (data === undefined) return;
    this.#describe = start.describe;
    this.#path = start.path;
    if (Number.isSafeInteger(start.startMicros)) data.startMicros = start.startMicros as number;
    data.late = new OpenDescription(tracer.attributes, start);
  }

  /** Ends the span. Only the first call counts. */
  finish(end: ForeignEnd): void {
    const { data, tracer } = this;
    const describe = end.describe ?? this.#describe;
    if (data === undefined || describe === undefined) return;
    this.#describe = undefined;
    data.name = tracer.cleanName(end.name);
    data.outcome = end.outcome;
    data.errorType = end.errorType === undefined ? undefined : tracer.cleanName(end.errorType);
    data.httpMethod = end.httpMethod;
    data.httpRoute = end.httpRoute === undefined ? undefined : tracer.cleanName(end.httpRoute);
    data.httpStatusCode = end.httpStatusCode;
    this.#setDuration(data, end.durationNanos);
    if (end.notes.attributes[KEEP] === true) tracer.attributes.set(data, KEEP, true);
    data.late = new EndDescription(tracer.attributes, this.#path, end.notes, describe);
    this.end();
  }

  protected override durationOf(data: SpanData): number {
    return this.#durationNanos ?? super.durationOf(data);
  }

  /**
   * The sampler takes the sum of start and duration for the moment of the end, and the other library may have been told
   * any times. Its clock is not that of `performance.now()` either.
   */
  #setDuration(data: SpanData, nanos: number | undefined): void {
    if (nanos === undefined || !Number.isSafeInteger(nanos) || nanos < 0) return;
    this.#durationNanos = nanos;
    data.startedAt = performance.now() - nanos / 1e6;
  }
}

/** The open server span of another library that is the current span, or `undefined`. */
export function foreignServerSpan(): ForeignSpan | undefined {
  const current = spanStorage.getStore();
  return current instanceof ForeignSpan && current.data?.kind === 'server' ? current : undefined;
}

/** The attributes of a span that is open: it is looked at because the process ends, or in case it dies. */
class OpenDescription implements LateDescription {
  readonly path: string | undefined;
  readonly #recorder: AttributeRecorder;
  readonly #describe: () => ForeignDescription;

  constructor(recorder: AttributeRecorder, { path, describe }: ForeignStart) {
    this.path = path;
    this.#recorder = recorder;
    this.#describe = describe;
  }

  addTo(data: SpanData): void {
    const { dropped } = data;
    const { attributes, shared } = this.#describe();
    this.#recorder.setAll(data, attributes);
    data.sharedAttributes = shared && this.#recorder.shared(shared);
    // They are counted when the span ends.
    data.dropped = dropped;
  }
}

/** All that a span was told until its end. */
class EndDescription implements LateDescription {
  readonly path: string | undefined;
  readonly #recorder: AttributeRecorder;
  readonly #notes: ForeignNotes;
  readonly #describe: () => ForeignDescription;

  constructor(
    recorder: AttributeRecorder,
    path: string | undefined,
    notes: ForeignNotes,
    describe: () => ForeignDescription,
  ) {
    this.path = path;
    this.#recorder = recorder;
    this.#notes = notes;
    this.#describe = describe;
  }

  get isLarge(): boolean {
    const { attributes, links, events } = this.#notes;
    return links.length > 0 || events.length > 0 || hasLongText(attributes);
  }

  addTo(data: SpanData): void {
    const { attributes, shared, links = [], events = [], dropped } = this.#describe();
    const recorder = this.#recorder;
    recorder.setAll(data, attributes);
    data.sharedAttributes = shared && recorder.shared(shared);
    for (const link of links) data.addMore().addLink(data, recorder, link);
    for (const { name, attributes, time } of events) {
      data.addMore().addEvent(data, recorder, recorder.text(name), attributes, time);
    }
    if (dropped !== undefined) {
      data.dropped += dropped.attributes;
      if (dropped.links + dropped.events > 0) data.addMore().leaveOut(dropped.links, dropped.events);
    }
    data.describeDropped();
  }
}
