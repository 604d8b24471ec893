import { AttributeBag, DROPPED_ATTRIBUTES } from '../attributes/attribute-recorder.js';
import type { AttributeValue } from '../attributes/attribute-value.js';
import { epochMicros } from './clock.js';
import type { FoldedSpans } from './folded-spans.js';
import type { SpanIds } from './ids.js';
import { LinksAndEvents } from './links-and-events.js';
import type { RepeatedSpans } from './repeated-spans.js';
import type { Outcome, SharedAttributes, SpanEvent, SpanKind, SpanLink, SpanRecord, SpanSampling } from './span.js';
import { SPAN_FIELDS } from './span-fields.js';

/** The attribute for a hash of a query's parameters. */
export const PARAMETERS_ATTRIBUTE = 'ferret.params';

/** Attributes that are made only if the span is kept, from texts known at its start. */
export interface LateDescription {
  /** The path of the request, as it was asked for. */
  readonly path: string | undefined;
  /** Whether it holds so much that it must not be held for long. Default: it does not. */
  readonly isLarge?: boolean;
  addTo(data: SpanData): void;
}

/** The record of a span in the making. The span hands it to the pipeline when it ends, and lets go of it. */
export class SpanData extends AttributeBag implements SpanRecord {
  readonly ids: SpanIds;
  readonly isLocalRoot: boolean;
  readonly kind: SpanKind;
  name: string;
  /** Reading of `performance.now()` at the start. */
  startedAt: number;
  startMicros: number;
  durationNanos = 0;
  outcome: Outcome = 'ok';
  errorType: string | undefined = undefined;
  httpMethod: string | undefined = undefined;
  httpRoute: string | undefined = undefined;
  httpStatusCode: number | undefined = undefined;
  sharedAttributes: SharedAttributes | undefined = undefined;
  /** The spans that are kept or let go together with this one; `undefined` where everything is kept. */
  trace: LocalTrace | undefined = undefined;
  sampling: SpanSampling | undefined = undefined;
  /** Attributes that {@link describe} adds. */
  late: LateDescription | undefined = undefined;
  /** Links and events; see {@link addMore}. */
  more: LinksAndEvents | undefined = undefined;

  constructor(name: string, kind: SpanKind, ids: SpanIds, isLocalRoot: boolean) {
    super();
    this.name = name;
    this.kind = kind;
    this.ids = ids;
    this.isLocalRoot = isLocalRoot;
    this.startedAt = performance.now();
    this.startMicros = epochMicros(this.startedAt);
  }

  /** Starts the clock anew. */
  restart(): void {
    this.startAt(performance.now());
  }

  /** Sets the start to another time, a reading of `performance.now()`. */
  startAt(startedAt: number): void {
    this.startedAt = startedAt;
    this.startMicros = epochMicros(startedAt);
  }

  /**
   * Adds the attributes that are made only if the span is kept, or looked at before. Lets go of the texts they were
   * made of.
   */
  describe(): void {
    const { late } = this;
    if (late === undefined) return;
    this.late = undefined;
    try {
      late.addTo(this);
    } catch {
      // The request is not Node's own. The span is kept with what could be read, and the caller's other spans go on.
    }
  }

  /** The span is going to wait: it must not keep long texts of the application alive meanwhile. */
  bound(): void {
    if (this.late?.isLarge === true) this.describe();
  }

  /** Path of the request, also before the span is described. */
  get path(): unknown {
    return this.late === undefined ? this.values['url.path'] : this.late.path;
  }

  /** A hash of a query's parameters: it tells the query apart from the same one with others. */
  get parameters(): unknown {
    return this.values[PARAMETERS_ATTRIBUTE];
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

  get links(): readonly SpanLink[] | undefined {
    return this.more?.links;
  }

  get events(): readonly SpanEvent[] | undefined {
    return this.more?.events;
  }

  /** For the first link or event of a span. */
  addMore(): LinksAndEvents {
    this.more ??= new LinksAndEvents();
    return this.more;
  }

  /** Says in its attributes how much was left out for being too much. */
  describeDropped(): void {
    if (this.dropped > 0) this.values[DROPPED_ATTRIBUTES] = this.dropped;
    this.more?.describeDropped(this);
  }

  /** The record alone, for stores that keep JSON. */
  toJSON(): SpanRecord {
    return Object.fromEntries(SPAN_FIELDS.map((field) => [field, this[field]])) as unknown as SpanRecord;
  }
}

const NO_SPANS: readonly SpanData[] = Object.freeze([]);

/**
 * The spans of one request or job in this process. They are kept or let go together. All of them refer to
 * this object, so that a span that ends late knows the decision, and there is no list of traces.
 */
export class LocalTrace {
  /** The span above all others, until it ends. */
  root: SpanData | undefined = undefined;
  /** `undefined` until the decision, `null` for a trace that is not kept. */
  verdict: SpanSampling | null | undefined = undefined;
  /** Ended spans that await the decision. */
  held: readonly SpanData[] = NO_SPANS;
  /** When the first of them ended, as a reading of `performance.now()`. */
  heldSince = 0;
  /** Spans that have no row of their own; on the root, or where that has ended on another span. */
  folded: FoldedSpans<SpanData> | undefined = undefined;
  /** Siblings in one row, by the parent's id and the name. They are counted when the trace is decided. */
  repeats: Map<string, RepeatedSpans<SpanData>> | undefined = undefined;
  /** Spans below the root that have a row. */
  rows = 0;
  /** Most of the spans that wait are no repeats. */
  isCrowded = false;
  /** Spans that were not kept. */
  sampledOut = 0;
  /** Whether a span of the trace asks to be kept. */
  isAsked = false;
  /** Whether a span of the trace has failed. */
  hasFailed = false;
  /** The root was taken out of the record, and will not end. */
  isSuppressed = false;

  /** @returns how many spans are held now */
  hold(span: SpanData): number {
    span.bound();
    if (this.held === NO_SPANS) this.held = [];
    return (this.held as SpanData[]).push(span);
  }

  /** Notes the verdict. @returns the spans that have waited for it */
  decide(verdict: SpanSampling | null): readonly SpanData[] {
    this.verdict = verdict;
    return this.takeHeld();
  }

  takeHeld(): readonly SpanData[] {
    const { held } = this;
    this.held = NO_SPANS;
    return held;
  }
}
