import type { Span as FerretSpan } from '@ferretjs/core';
import { type ForeignDescription, type ForeignSpan, processWide } from '@ferretjs/core/adapter';
import type {
  Attributes,
  Exception,
  HrTime,
  Link,
  Span,
  SpanContext,
  SpanOptions,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';
import { endOf, finish } from './end-of-span.js';
import { EXCEPTION, exceptionAttributes } from './exception.js';
import { listOf, statusOf } from './given.js';
import type { ReadableSpan, Scope, TimedEvent } from './readable-span.js';
import { spanContextOf } from './span-context.js';
import { isComplex, storedAttributes, toAttribute } from './stored-attributes.js';
import { hrTimeOf, isTimeInput, millisOfInput, nowMillis } from './time-input.js';

/** `SpanStatusCode` of OpenTelemetry's API. */
const UNSET = 0;
const OK = 1;
const ERROR = 2;

/** Bounds for a span that is open. Fewer are stored: see the options `maxAttributes`, and 32 links and events. */
const MAX_ATTRIBUTES = 1_024;
const MAX_LISTED = 64;

/** Says what is stored of a span. */
export type Describe = (span: ReadableSpan) => ForeignDescription;

const spans = processWide('opentelemetry.spans', () => new WeakMap<FerretSpan, Span>());

/**
 * A span that is made through OpenTelemetry's API, and is one of Ferret's. It behaves like a span of OpenTelemetry's
 * SDK: what it is told after its end is ignored, and nothing throws.
 */
export class BridgedSpan implements Span, ReadableSpan {
  name: string;
  readonly kind: number;
  readonly instrumentationScope: Scope;
  attributes: Record<string, unknown> = {};
  links: Link[] = [];
  events: TimedEvent[] = [];
  status: SpanStatus = { code: UNSET };
  readonly startTime: HrTime;
  /** Without meaning: Ferret measures it. */
  readonly duration: HrTime = [0, 0];
  droppedAttributesCount = 0;
  droppedLinksCount = 0;
  droppedEventsCount = 0;
  #count = 0;
  #foreign: ForeignSpan | undefined;
  #context: SpanContext | undefined;
  readonly #describe: Describe;
  readonly #startMillis: number;
  readonly #isStartGiven: boolean;

  constructor(name: string, scope: Scope, options: SpanOptions, describe: Describe) {
    this.#describe = describe;
    this.name = String(name);
    this.kind = options.kind ?? 0;
    this.instrumentationScope = scope;
    const given = millisOfInput(options.startTime);
    this.#isStartGiven = given !== undefined;
    this.#startMillis = given ?? nowMillis();
    this.startTime = hrTimeOf(this.#startMillis);
    this.#setAll(options.attributes);
    for (const link of listOf(options.links)) this.#link(link);
  }

  /** The span of OpenTelemetry's API that one of Ferret's was made for. */
  static of(ferret: FerretSpan): Span | undefined {
    return spans.get(ferret);
  }

  /** The start in microseconds, where the application has given it. */
  get startMicros(): number | undefined {
    return this.#isStartGiven ? Math.round(this.#startMillis * 1e3) : undefined;
  }

  /** Ferret's own span. */
  get ferret(): ForeignSpan {
    return this.#foreign as ForeignSpan;
  }

  /** To be called once, before anybody else has the span. */
  bind(foreign: ForeignSpan): void {
    this.#foreign = foreign;
    spans.set(foreign, this);
    for (const [name, value] of Object.entries(this.attributes)) {
      if (isComplex(value)) this.#setComplex(name, value);
    }
  }

  spanContext(): SpanContext {
    this.#context ??= spanContextOf(this.ferret);
    return this.#context;
  }

  isRecording(): boolean {
    return this.ferret.isRecording;
  }

  setAttribute(key: string, value: unknown): this {
    if (this.isRecording()) this.#set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.isRecording()) this.#setAll(attributes);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.isRecording()) return this;
    try {
      const isTime = isTimeInput(attributesOrTime);
      const at = millisOfInput(time ?? (isTime ? attributesOrTime : undefined)) ?? nowMillis();
      this.#addEvent(name, at, isTime ? undefined : attributesOrTime);
    } catch {
      this.droppedEventsCount++; // A proxy, or a name that is no text.
    }
    return this;
  }

  addLink(link: Link): this {
    if (this.isRecording()) this.#link(link);
    return this;
  }

  addLinks(links: Link[]): this {
    if (this.isRecording()) for (const link of listOf(links)) this.#link(link);
    return this;
  }

  /** `OK` is final, and `UNSET` changes nothing. */
  setStatus(status: SpanStatus): this {
    if (!this.isRecording() || this.status.code === OK) return this;
    const { code, message } = statusOf(status);
    if (code === ERROR) this.status = { code, ...(message !== undefined && { message }) };
    else if (code === OK) this.status = { code };
    return this;
  }

  updateName(name: string): this {
    if (this.isRecording() && typeof name === 'string') this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    if (!this.isRecording()) return;
    this.#addEvent(EXCEPTION, millisOfInput(time) ?? nowMillis(), exceptionAttributes(exception));
  }

  /** Ends the span. Its duration is of the monotonic clock, unless the application gives its start or its end. */
  end(endTime?: TimeInput): void {
    if (!this.isRecording()) return;
    const end = millisOfInput(endTime) ?? (this.#isStartGiven ? nowMillis() : undefined);
    const nanos = end === undefined ? undefined : Math.max(0, Math.round((end - this.#startMillis) * 1e6));
    try {
      const ended = this.#takeAll();
      const describe = this.#describe;
      finish(this.ferret, () => ({ ...endOf(ended, nanos), describe: () => describe(ended) }));
    } catch {
      // The stack is full, and every call may throw. The tracer ends overdue spans later.
      const span = this.#foreign;
      if (span?.data === undefined || span.nextOverdue !== undefined) return;
      span.nextOverdue = span.tracer.overdue;
      span.tracer.overdue = span;
    }
  }

  /** Whoever holds the span from now on, such as the async context of a pooled socket, holds nothing it was told. */
  #takeAll(): ReadableSpan {
    const { name, kind, status, startTime, duration, instrumentationScope, attributes, links, events } = this;
    const { droppedAttributesCount, droppedLinksCount, droppedEventsCount } = this;
    this.attributes = {};
    this.links = [];
    this.events = [];
    const dropped = { droppedAttributesCount, droppedLinksCount, droppedEventsCount };
    const told = { name, kind, status, startTime, duration, instrumentationScope, attributes, links, events };
    return { ...told, ...dropped, spanContext: () => this.spanContext() };
  }

  #setAll(attributes: Attributes | undefined): void {
    if (typeof attributes !== 'object' || attributes === null) return;
    try {
      for (const name of Object.keys(attributes)) this.#set(name, attributes[name]);
    } catch {
      // A proxy or a getter that throws.
    }
  }

  #set(name: string, given: unknown): void {
    try {
      this.#put(name, given);
    } catch {
      // A proxy or a getter that throws.
    }
  }

  #put(name: string, given: unknown): void {
    const value = toAttribute(given);
    if (typeof name !== 'string' || name === '' || name === '__proto__' || value === undefined) return;
    if (!Object.hasOwn(this.attributes, name)) {
      if (this.#count >= MAX_ATTRIBUTES) {
        this.droppedAttributesCount++;
        return;
      }
      this.#count++;
    }
    if (isComplex(value) && this.#foreign !== undefined) this.#setComplex(name, value);
    else this.attributes[name] = value;
  }

  /** A complex value is copied now, as the application may change it. */
  #setComplex(name: string, value: unknown): void {
    delete this.attributes[name];
    this.ferret.annotate(storedAttributes({ [name]: value }));
  }

  #addEvent(name: string, millis: number, given: Attributes | undefined): void {
    const attributes: Record<string, unknown> = {};
    try {
      for (const key of Object.keys(given ?? {}).slice(0, MAX_ATTRIBUTES)) attributes[key] = toAttribute(given?.[key]);
    } catch {
      // A proxy or a getter that throws.
    }
    const event = { name: String(name), time: hrTimeOf(millis), attributes };
    if (this.events.length < MAX_LISTED) this.events.push(event);
    else {
      this.droppedEventsCount++;
      // The exception that a span fails with comes last.
      if (name === EXCEPTION) this.events[MAX_LISTED - 1] = event;
    }
  }

  #link(link: Link): void {
    try {
      const { context, attributes } = link;
      if (this.links.length < MAX_LISTED && typeof context === 'object' && context !== null) {
        this.links.push({ context, ...(attributes && { attributes: { ...attributes } }) });
        return;
      }
    } catch {
      // No link, or a proxy or a getter that throws.
    }
    this.droppedLinksCount++;
  }
}
