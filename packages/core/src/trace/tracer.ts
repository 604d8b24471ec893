import type { AttributeRecorder, Attributes } from '../attributes/attribute-recorder.js';
import { DROPPED_ATTRIBUTES } from '../attributes/attribute-recorder.js';
import { currentSpan, withSpan } from './context.js';
import { SpanIds } from './ids.js';
import { OpenSpans } from './open-spans.js';
import { RecordingSpan, type SpanContext, type SpanData } from './recording-span.js';
import { endWhenSettled } from './settle.js';
import type { Span, SpanOptions } from './span.js';

/** Open spans kept in sight, so that `close()` can end them; any beyond are only counted. */
const MAX_OPEN_SPANS = 65_536;

/** Names remembered before the memory is emptied, and how long a name may be to be remembered. */
const MAX_NAMES = 2_000;
const MAX_NAME_LENGTH = 256;

/** The counters a tracer raises; the pipeline's ledger has them. */
export interface SpanCounters {
  started: number;
  closed: number;
}

/** Who decides what is kept. */
export interface Sampling {
  /** False while everything is kept: spans need not know then which of them belong together. */
  readonly isActive: boolean;
}

const KEEP_ALL: Sampling = { isActive: false };

/** Starts spans, knows which are open, and hands over those that end. */
export class Tracer {
  /** Cleans, redacts and bounds all that spans are told. */
  readonly attributes: AttributeRecorder;
  readonly #counters: SpanCounters;
  readonly #onEnd: (data: SpanData) => void;
  readonly #sampling: Sampling;
  readonly #open = new OpenSpans();
  readonly #names = new Map<string, string>();
  #closed = false;

  constructor(
    attributes: AttributeRecorder,
    counters: SpanCounters,
    onEnd: (data: SpanData) => void,
    sampling: Sampling = KEEP_ALL,
  ) {
    this.attributes = attributes;
    this.#counters = counters;
    this.#onEnd = onEnd;
    this.#sampling = sampling;
  }

  /** Whether it is decided which traces to keep. */
  get isSampling(): boolean {
    return this.#sampling.isActive;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  start(name: string, options?: SpanOptions): Span {
    const parent = options?.parent === undefined ? currentSpan() : options.parent;
    if (parent && isSuppressed(parent)) return parent;
    const span = new RecordingSpan(
      this,
      this.#cleanName(name),
      options?.kind ?? 'internal',
      parent ? this.#childContext(parent) : rootContext(),
    );
    this.started(span);
    if (options?.attributes !== undefined) span.annotate(options.attributes);
    return span;
  }

  /**
   * Runs `fn` in a span of its own, which ends when `fn` has returned or its promise has settled. Errors are recorded and
   * thrown on. What `fn` returns is returned; of a promise, one that settles the same way after the span has ended.
   */
  measure<T>(name: string, attributes: Attributes | undefined, fn: (span: Span) => T): T {
    const span = this.start(name, attributes && { attributes });
    let result: T;
    try {
      result = withSpan(span, fn, span);
    } catch (error) {
      span.recordError(error).end();
      throw error;
    }
    return endWhenSettled(span, result);
  }

  #childContext(parent: Span): SpanContext {
    const own = parent instanceof RecordingSpan ? parent : undefined;
    return {
      ids: own === undefined ? SpanIds.continuing(parent.traceId, parent.spanId) : SpanIds.below(own.ids),
      isLocalRoot: false,
      sampled: own === undefined || own.sampled,
      tracestate: parent.tracestate,
      trace: own?.traceFor(this),
    };
  }

  /** Names repeat, so what the rules made of one is remembered. */
  #cleanName(name: string): string {
    let clean = this.#names.get(name);
    if (clean === undefined) {
      clean = this.attributes.text(name);
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      if (typeof name === 'string' && name.length <= MAX_NAME_LENGTH) this.#names.set(name, clean);
    }
    return clean;
  }

  /** Counts a span that has just been made, and keeps it in sight until it ends. */
  started(span: RecordingSpan): void {
    this.#counters.started++;
    if (!span.isRecording) this.#counters.closed++;
    else if (this.#open.count < MAX_OPEN_SPANS) this.#open.add(span);
  }

  /** Forgets a span that is not to be recorded after all. */
  suppressed(span: RecordingSpan): void {
    this.#counters.started--;
    this.#open.delete(span);
  }

  /** Takes over what an ended span has recorded. */
  ended(span: RecordingSpan, data: SpanData): void {
    this.#open.delete(span);
    if (data.dropped > 0) data.values[DROPPED_ATTRIBUTES] = data.dropped;
    this.#onEnd(data);
  }

  /** What is known of spans that have been open for longer than this, the oldest first. */
  openFor(millis: number, limit: number): SpanData[] {
    const latest = performance.now() - millis;
    const old: SpanData[] = [];
    for (const { data } of this.#open.all()) {
      if (old.length >= limit || (data !== undefined && data.startedAt > latest)) break;
      if (data !== undefined) old.push(data);
    }
    return old;
  }

  /** Ends what is open as `interrupted`; from here on spans are counted, not recorded. */
  close(): void {
    this.#closed = true;
    for (const span of this.#open.all()) span.interrupt();
  }
}

/** By shape: the span may come from the other copy of this package, CommonJS or ES module. */
function isSuppressed(span: Span): boolean {
  return (span as { readonly isSuppressed?: boolean }).isSuppressed === true;
}

function rootContext(): SpanContext {
  return { ids: SpanIds.root(), isLocalRoot: true, sampled: true, tracestate: undefined };
}
