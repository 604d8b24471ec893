import type { SpanSampling } from '../trace/span.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';

/** A trace is decided before it has ended when it takes longer. Its further spans follow that verdict. */
const MAX_MILLIS = 5_000;

/** Bounds for all traces together. Beyond them, the oldest trace is decided. */
const MAX_SPANS = 32_768;
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** Traces with spans that wait for a decision, the oldest first. */
export class HeldTraces {
  readonly #traces = new Set<LocalTrace>();
  #spans = 0;
  #characters = 0;
  /** The most spans of one trace. */
  maxOfTrace: number;

  constructor(maxOfTrace: number) {
    this.maxOfTrace = maxOfTrace;
  }

  /** Number of spans that wait. */
  get spans(): number {
    return this.#spans;
  }

  hasRoomFor(trace: LocalTrace): boolean {
    return trace.held.length < this.maxOfTrace;
  }

  /**
   * Holds a span until its trace is decided.
   *
   * @returns whether a bound is reached: that of the trace, or that of all traces together
   */
  add(trace: LocalTrace, span: SpanData, at: number): boolean {
    const spansOfTrace = trace.hold(span);
    if (spansOfTrace === 1) {
      trace.heldSince = at;
      this.#traces.add(trace);
    }
    this.#spans++;
    this.#characters += span.size;
    return spansOfTrace >= this.maxOfTrace || this.#isBeyondBounds;
  }

  /** Lets go of all spans of a trace but some. */
  keepOnly(trace: LocalTrace, spans: readonly SpanData[]): void {
    this.#spans += spans.length - trace.held.length;
    for (const { size } of trace.held) this.#characters -= size;
    for (const { size } of spans) this.#characters += size;
    trace.held = spans;
  }

  /** The oldest trace, if all traces together exceed their bounds. */
  get beyondBounds(): LocalTrace | undefined {
    if (!this.#isBeyondBounds) return undefined;
    for (const trace of this.#traces) return trace;
    return undefined;
  }

  get #isBeyondBounds(): boolean {
    return this.#spans > MAX_SPANS || this.#characters > MAX_CHARACTERS;
  }

  /** Yields traces that have waited long enough. The caller may release or postpone them meanwhile. */
  *overdue(at: number): Iterable<LocalTrace> {
    for (const trace of this.#traces) {
      if (at - trace.heldSince < MAX_MILLIS) return;
      yield trace;
    }
  }

  /** Lets a trace wait for another period. */
  putOff(trace: LocalTrace, at: number): void {
    trace.heldSince = at;
    this.#traces.delete(trace);
    this.#traces.add(trace);
  }

  /** Returns all traces. The caller may release them meanwhile. */
  all(): Iterable<LocalTrace> {
    return this.#traces;
  }

  /** Sets the verdict of a trace. @returns the spans that have waited for it */
  release(trace: LocalTrace, verdict: SpanSampling | null): readonly SpanData[] {
    return this.#forget(trace, trace.decide(verdict));
  }

  /** Removes and returns the spans of a trace that is not decided yet. */
  take(trace: LocalTrace): readonly SpanData[] {
    return this.#forget(trace, trace.takeHeld());
  }

  #forget(trace: LocalTrace, spans: readonly SpanData[]): readonly SpanData[] {
    if (spans.length === 0) return spans;
    this.#traces.delete(trace);
    this.#spans -= spans.length;
    for (const span of spans) this.#characters -= span.size;
    return spans;
  }
}
