import type { Attributes } from '../attributes/attribute-value.js';
import { recordFailure } from './exception.js';
import { hasLongText } from './given-attributes.js';
import type { SpanIds } from './ids.js';
import type { OpenSpan, RecordingSpan, SpanAbove, SpanOwner } from './recording-span.js';
import type { Leaf, LinkedSpan, SpanKind } from './span.js';
import { type LocalTrace, PARAMETERS_ATTRIBUTE, SpanData } from './span-data.js';
import { formatTraceparent } from './trace-context.js';

/**
 * A span without children: handle and data in one object, as no async context ever holds it. What it is told is kept as
 * it was given, and becomes attributes only if the span is kept.
 */
export class LeafSpan extends SpanData implements Leaf, OpenSpan, SpanAbove {
  readonly tracer: SpanOwner;
  isRecording = true;
  isListed = false;
  previousOpen: OpenSpan | undefined = undefined;
  nextOpen: OpenSpan | undefined = undefined;
  nextOverdue: OpenSpan | null | undefined = undefined;
  readonly #above: SpanAbove;
  /**
   * Attributes given at the start, and later ones. The instrumentation made these objects, and does not change them.
   */
  #given: Attributes | undefined;
  #added: Attributes | undefined = undefined;

  constructor(
    tracer: SpanOwner,
    name: string,
    kind: SpanKind,
    ids: SpanIds,
    above: SpanAbove,
    attributes: Attributes | undefined,
  ) {
    super(name, kind, ids, false);
    this.tracer = tracer;
    this.#above = above;
    this.#given = attributes;
    this.trace = above.traceFor(tracer) ?? undefined;
  }

  /** Itself until it ends. */
  get data(): SpanData | undefined {
    return this.isRecording ? this : undefined;
  }

  set data(data: SpanData | undefined) {
    this.isRecording = data !== undefined;
  }

  get flags(): number {
    return this.#above.flags;
  }

  get tracestate(): string | undefined {
    return this.#above.tracestate;
  }

  override get parameters(): unknown {
    try {
      return this.#added?.[PARAMETERS_ATTRIBUTE] ?? this.#given?.[PARAMETERS_ATTRIBUTE] ?? super.parameters;
    } catch {
      return undefined; // A proxy or a getter that throws.
    }
  }

  get traceparent(): string {
    return formatTraceparent(this.traceId, this.spanId, this.flags);
  }

  get top(): RecordingSpan {
    return this.#above.top;
  }

  /** For links to it: it is a span of this process. */
  get isRemote(): false {
    return false;
  }

  traceFor(tracer: SpanOwner): LocalTrace | null | undefined {
    return this.tracer === tracer ? (this.trace ?? null) : undefined;
  }

  annotate(attributes: Attributes): this {
    if (!this.isRecording) return this;
    if (this.#added !== undefined) this.describe();
    this.#added = attributes;
    return this;
  }

  rename(name: string): this {
    if (this.isRecording) this.name = this.tracer.attributes.text(name);
    return this;
  }

  recordError(error: unknown): this {
    if (this.isRecording) recordFailure(this, this.tracer.attributes, error);
    return this;
  }

  addLink(link: LinkedSpan): this {
    if (this.isRecording) this.addMore().addLink(this, this.tracer.attributes, link);
    return this;
  }

  addEvent(name: string, attributes?: Attributes, time?: Date | number): this {
    const { tracer } = this;
    if (this.isRecording) this.addMore().addEvent(this, tracer.attributes, tracer.cleanName(name), attributes, time);
    return this;
  }

  fail(error: unknown): void {
    try {
      this.recordError(error);
    } finally {
      this.end();
    }
  }

  failAs(type: string, attributes?: Attributes): void {
    if (this.isRecording) {
      this.outcome = 'error';
      this.errorType = type;
    }
    this.end(attributes);
  }

  end(attributes?: Attributes): void {
    if (!this.isRecording) return;
    try {
      if (attributes !== undefined) this.annotate(attributes);
      this.durationNanos = Math.max(0, Math.round((performance.now() - this.startedAt) * 1e6));
      this.tracer.ended(this, this);
    } catch {
      // The stack is full; see `Tracer.overdue`.
      if (this.nextOverdue !== undefined) return;
      this.nextOverdue = this.tracer.overdue;
      this.tracer.overdue = this;
    }
  }

  interrupt(): void {
    if (this.isRecording) this.outcome = 'interrupted';
    this.end();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  override bound(): void {
    if (hasLongText(this.#given) || hasLongText(this.#added)) this.describe();
  }

  /** Cleans, redacts, cuts and copies what was given. */
  override describe(): void {
    const given = this.#given;
    const added = this.#added;
    this.#given = undefined;
    this.#added = undefined;
    const { attributes } = this.tracer;
    if (given !== undefined) attributes.setAll(this, given);
    if (added !== undefined) attributes.setAll(this, added);
    this.describeDropped();
  }
}
