import type { HrTime, SpanContext, SpanStatus } from '@opentelemetry/api';

/**
 * The part of a `ReadableSpan` of OpenTelemetry's SDK that is read. By shape: applications have the SDK in versions 1,
 * 2 and 3, and those differ in their types.
 */
export interface ReadableSpan {
  readonly name: string;
  /** A `SpanKind`. */
  readonly kind: number;
  readonly startTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly SpanLink[];
  readonly events: readonly TimedEvent[];
  readonly resource?: Resource;
  readonly instrumentationScope?: Scope;
  readonly droppedAttributesCount?: number;
  readonly droppedLinksCount?: number;
  readonly droppedEventsCount?: number;
  readonly parentSpanContext?: SpanContext;
  spanContext(): SpanContext;
}

/** A link of a span. */
export interface SpanLink {
  readonly context: SpanContext;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** An event of a span. */
export interface TimedEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** The library that made a span. */
export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
}

/** The service that a span belongs to. */
export interface Resource {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** From version 2 on. Unlike `attributes`, it may be read before the asynchronous attributes are known. */
  getRawAttributes?(): readonly (readonly [string, unknown])[];
}

/** The same things by the names of SDK 1. */
export interface OldReadableSpan extends ReadableSpan {
  readonly instrumentationLibrary?: Scope;
  readonly parentSpanId?: string;
}
