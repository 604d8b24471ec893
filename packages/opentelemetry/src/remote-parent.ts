import type { Span } from '@ferretjs/core';
import type { SpanContext } from '@opentelemetry/api';

/**
 * The span of another process, or of another library, as the current span: spans that begin below it continue its
 * trace. It cannot be told anything.
 */
export class RemoteParent implements Span {
  readonly spanContext: SpanContext;
  readonly isRemote = true;
  readonly isRecording = false;
  readonly parentId = undefined;

  constructor(spanContext: SpanContext) {
    this.spanContext = spanContext;
  }

  get traceId(): string {
    return this.spanContext.traceId;
  }

  get spanId(): string {
    return this.spanContext.spanId;
  }

  /** The flags that are known (W3C Trace Context Level 2): sampled, and random. */
  get flags(): number {
    return this.spanContext.traceFlags & 3;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-0${this.flags}`;
  }

  get tracestate(): string | undefined {
    try {
      return this.spanContext.traceState?.serialize() || undefined;
    } catch {
      return undefined; // The application's own, and not what it should be.
    }
  }

  annotate(): this {
    return this;
  }

  rename(): this {
    return this;
  }

  recordError(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  end(): void {}

  [Symbol.dispose](): void {}
}
