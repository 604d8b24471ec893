import type { Attributes, AttributeValue } from '../attributes/attribute-value.js';

/** Kind of work that a span describes, as in OpenTelemetry. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/**
 * End of the work: `ok`; `error` (thrown, or answered with 5xx); `aborted` (the client went away);
 * `interrupted` (the process ended first).
 */
export type Outcome = 'ok' | 'error' | 'aborted' | 'interrupted';

/** A piece of work while it goes on. Every method is safe at any time; after `end()` they change nothing. */
export interface Span {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** The parent's span id, here or in the calling service; `undefined` for the first span of a trace. */
  readonly parentId: string | undefined;
  /** False once ended, and for a span started after `close()`. */
  readonly isRecording: boolean;
  /** The header `traceparent` to send to the next service (W3C Trace Context). */
  readonly traceparent: string;
  /** The header `tracestate` to send along with it, unchanged from the caller's; `undefined` if there was none. */
  readonly tracestate: string | undefined;
  /**
   * Adds attributes; a key set before is overwritten. Values are copied, redacted and cut at the call. Strings,
   * numbers, booleans and arrays of them are kept; `null` and `undefined` are left out; anything else becomes text.
   */
  annotate(attributes: Attributes): this;
  /** Gives the span another name. */
  rename(name: string): this;
  /** Marks the span as failed and keeps the error's class, message and stack (`exception.*`, `error.type`). */
  recordError(error: unknown): this;
  /**
   * Names another span that this one has to do with and that is not its parent, such as the one that sent the message
   * at hand. A span has at most 32 links. Further ones, and those without valid ids, are left out and counted
   * (`ferret.dropped_links`).
   *
   * @example
   * currentSpan()?.addLink({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' });
   */
  addLink(link: LinkedSpan): this;
  /**
   * Notes that something happened at one moment of the span. Attributes go by the rules of {@link annotate}. A span has
   * at most 32 events. Further ones are left out and counted (`ferret.dropped_events`).
   *
   * @param time When it happened: a `Date`, or milliseconds since the epoch. Default: now.
   * @example
   * currentSpan()?.addEvent('retry', { attempt: 2 });
   */
  addEvent(name: string, attributes?: Attributes, time?: Date | number): this;
  /** Ends the span. Only the first call counts. */
  end(): void;
  [Symbol.dispose](): void;
}

/**
 * A span without children, such as a query or a call to another service. It never becomes the current span. Attributes
 * are copied, redacted and cut when the span is kept, not at the call: the objects must not change afterwards.
 */
export interface Leaf extends Span {
  /**
   * Ends the span, with further attributes if there are any: rows returned, a status. Only the first call counts.
   */
  end(attributes?: Attributes): void;
  /** Ends the span as failed: `recordError` and `end` in one. */
  fail(error: unknown): void;
  /**
   * Ends the span as failed for a reason that is no exception, such as a status that was answered.
   *
   * @param type `error.type`: one of few different texts, such as `503`
   * @param attributes further attributes, as {@link end} takes them
   */
  failAs(type: string, attributes?: Attributes): void;
}

/** Options for starting a span. */
export interface SpanOptions {
  /** Default `internal`. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Default: the current span. `null` starts a new trace. */
  readonly parent?: Span | RemoteSpan | null;
  /** Spans that this one has to do with; see {@link Span.addLink}. */
  readonly links?: readonly LinkedSpan[];
}

/** The span that a link names: a {@link Span}, or the ids of one. */
export interface LinkedSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** The header `tracestate` that came with the ids (W3C Trace Context). A malformed one is left out. */
  readonly tracestate?: string | undefined;
  /** The trace flags that came with the ids: one byte (W3C Trace Context). */
  readonly flags?: number | undefined;
  /** True for a span of another process; `undefined` where that is not known. */
  readonly isRemote?: boolean | undefined;
  /** Attributes of the link itself, by the rules of {@link Span.annotate}. */
  readonly attributes?: Attributes | undefined;
}

/** A span of another process, known by the headers that came from there. */
export interface RemoteSpan extends LinkedSpan {
  readonly isRemote: true;
}

/** Why a span was kept. */
export type KeepReason =
  /** Its request failed, was aborted by the client, or was interrupted by the end of the process. */
  | 'error'
  /** Its request was slower than nearly all of its route, or than `keepSlowerThanMillis`. */
  | 'slow'
  /** A span of its trace was annotated with `ferret.keep: true`. */
  | 'asked'
  /** There was room for it. */
  | 'budget';

/** The reason for which a span was kept. It is the same object for all spans of a trace. */
export interface SpanSampling {
  readonly reason: KeepReason;
  /**
   * The share of its like that was kept at the time, above 0 and up to 1: the span stands for `1 / probability` of
   * them.
   */
  readonly probability: number;
}

/** A span that another one names: `Span.Link` of OpenTelemetry's data model. */
export interface SpanLink<Value = AttributeValue> {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** The header `tracestate` (W3C Trace Context); absent where it is not known. */
  readonly tracestate?: string;
  /**
   * As in OTLP's `Span.Link.flags`: the trace flags in the lowest byte, 0x100 if it is known whether the span is of
   * another process, and 0x200 if it is. Absent where nothing of that is known.
   */
  readonly flags?: number;
  /** Absent where there are none. */
  readonly attributes?: Readonly<Record<string, Value>>;
}

/** Something that happened at one moment of a span: `Span.Event` of OpenTelemetry's data model. */
export interface SpanEvent<Value = AttributeValue> {
  readonly name: string;
  /** Wall clock, microseconds since the epoch. */
  readonly timeMicros: number;
  /** Absent where there are none. */
  readonly attributes?: Readonly<Record<string, Value>>;
}

/**
 * A span as it is recorded: the one shape that sinks, spill files, the reader and exports share. `Value` is what
 * attributes may hold: in a file that somebody else has written, that is anything.
 */
export interface SpanRecord<Value = AttributeValue> {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** The parent's span id, here or in the calling service; absent for the first span of a trace. */
  readonly parentId?: string | undefined;
  /** Nothing above it in this process: the first span of a trace, or one whose parent is in another service. */
  readonly isLocalRoot: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  /** Wall clock, microseconds since the epoch. */
  readonly startMicros: number;
  /** Monotonic clock, whole nanoseconds. */
  readonly durationNanos: number;
  readonly outcome: Outcome;
  /** `error.type`: a status code or an error's class name. */
  readonly errorType?: string | undefined;
  /** `http.request.method`. */
  readonly httpMethod?: string | undefined;
  /** `http.route`: the template, never the path. */
  readonly httpRoute?: string | undefined;
  /** `http.response.status_code`, if one was sent. */
  readonly httpStatusCode?: number | undefined;
  /** Attributes that this span has in common with many others; one object for all of them. */
  readonly sharedAttributes?: Readonly<Record<string, Value>> | undefined;
  /** The span's own attributes. A key here wins over the same key in `sharedAttributes`. */
  readonly attributes: Readonly<Record<string, Value>>;
  /** Why the span was kept, and for how many it stands; absent where everything is kept. */
  readonly sampling?: SpanSampling | undefined;
  /** At most 32, in the order they were added; absent where there are none. */
  readonly links?: readonly SpanLink<Value>[] | undefined;
  /** At most 32, in the order they were added; absent where there are none. */
  readonly events?: readonly SpanEvent<Value>[] | undefined;
}

/** Attributes kept once for many spans: the same object means the same attributes. */
export type SharedAttributes = Readonly<Record<string, AttributeValue>>;
