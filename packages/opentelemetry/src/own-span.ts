import type { Span as FerretSpan } from '@ferretjs/core';
import type { Attributes, Exception, Link, Span, SpanContext, SpanStatus, TimeInput } from '@opentelemetry/api';
import { EXCEPTION, exceptionAttributes } from './exception.js';
import { listOf, statusOf } from './given.js';
import { linkedSpanOf } from './linked-span.js';
import { spanContextOf } from './span-context.js';
import { storedAttributes } from './stored-attributes.js';
import { isTimeInput, millisOfInput } from './time-input.js';

/** `SpanStatusCode.ERROR` of OpenTelemetry's API. */
const ERROR = 2;

/**
 * A span of Ferret's own, such as that of a request, as `trace.getActiveSpan()` returns it. Ferret ends it:
 * `end()` does nothing.
 */
export class OwnSpan implements Span {
  /** Ferret's own span. */
  readonly ferret: FerretSpan;
  #context: SpanContext | undefined;
  #exception: Readonly<Record<string, string>> | undefined;

  constructor(ferret: FerretSpan) {
    this.ferret = ferret;
  }

  spanContext(): SpanContext {
    this.#context ??= spanContextOf(this.ferret);
    return this.#context;
  }

  isRecording(): boolean {
    return this.ferret.isRecording;
  }

  setAttribute(key: string, value: unknown): this {
    return typeof key === 'string' ? this.setAttributes({ [key]: value } as Attributes) : this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.isRecording() && isObject(attributes)) this.ferret.annotate(storedAttributes(attributes));
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.isRecording()) return this;
    const isTime = isTimeInput(attributesOrTime);
    const attributes = isTime || !isObject(attributesOrTime) ? undefined : storedAttributes(attributesOrTime);
    this.ferret.addEvent(name, attributes, millisOfInput(time ?? (isTime ? attributesOrTime : undefined)));
    return this;
  }

  addLink(link: Link): this {
    const linked = this.isRecording() ? linkedSpanOf(link) : undefined;
    if (linked !== undefined) this.ferret.addLink(linked);
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of listOf(links)) this.addLink(link);
    return this;
  }

  /** An error marks the span as failed, by the exception that was recorded before, or by the message. */
  setStatus(status: SpanStatus): this {
    const { code, message } = statusOf(status);
    if (code === ERROR) this.ferret.recordError(failure(this.#exception, message));
    return this;
  }

  updateName(name: string): this {
    this.ferret.rename(name);
    return this;
  }

  end(): void {}

  recordException(exception: Exception, time?: TimeInput): void {
    if (!this.isRecording()) return;
    this.#exception = exceptionAttributes(exception);
    this.ferret.addEvent(EXCEPTION, this.#exception, millisOfInput(time));
  }
}

/** The error that a span has failed with: the exception that was recorded, or one for a failure that is none. */
function failure(exception: Readonly<Record<string, string>> = {}, message: string | undefined): Error {
  const error = new Error(exception['exception.message'] ?? message);
  return Object.assign(error, {
    name: exception['exception.type'] ?? '_OTHER',
    stack: exception['exception.stacktrace'],
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
