import type { Attributes, AttributeValue } from '../attributes/attribute-recorder.js';
import type { SpanSampling } from './span-data.js';

/** What a span describes, as in OpenTelemetry. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/**
 * How the work ended: `ok`; `error` (thrown, or answered with 5xx); `aborted` (the client went away);
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
  /** Ends the span. Only the first call counts. */
  end(): void;
  [Symbol.dispose](): void;
}

/** How to start a span by hand. */
export interface SpanOptions {
  /** Default `internal`. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Default: the current span. `null` starts a new trace. */
  readonly parent?: Span | null;
}

/** An ended span: what a {@link SpanSink} stores. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
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
  readonly errorType: string | undefined;
  /** `http.request.method`. */
  readonly httpMethod: string | undefined;
  /** `http.route`. */
  readonly httpRoute: string | undefined;
  /** `http.response.status_code`. */
  readonly httpStatusCode: number | undefined;
  /** Attributes that this span has in common with many others; one object for all of them. */
  readonly sharedAttributes: SharedAttributes | undefined;
  /** The span's own attributes. A key here wins over the same key in `sharedAttributes`. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Why the span was kept, and for how many it stands; nothing where everything is kept. */
  readonly sampling?: SpanSampling | undefined;
}

/** Attributes kept once for many spans: the same object means the same attributes. */
export type SharedAttributes = Readonly<Record<string, AttributeValue>>;
