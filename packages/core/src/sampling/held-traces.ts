import type { SpanData } from '../trace/recording-span.js';
import type { LocalTrace, SpanSampling } from '../trace/span-data.js';

/** A trace that is longer or larger is decided before it has ended, and the rest of it follows. */
const MAX_MILLIS = 5_000;
const MAX_SPANS_OF_TRACE = 512;

/** Bounds for all traces together; beyond them, the oldest is decided. */
const MAX_SPANS = 32_768;
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** Traces with spans that wait for the decision, the oldest first. */
export class HeldTraces {
  readonly #traces = new Set<LocalTrace>();
  #spans = 0;
  #characters = 0;

  /** Spans that wait. */
  get spans(): number {
    return this.#spans;
  }

  /** @returns a trace that can wait no longer, if there is one now */
  add(trace: LocalTrace, span: SpanData, at: number): LocalTrace | undefined {
    const spansOfTrace = trace.hold(span);
    if (spansOfTrace === 1) {
      trace.heldSince = at;
      this.#traces.add(trace);
    }
    this.#spans++;
    this.#characters += span.size;
    if (spansOfTrace >= MAX_SPANS_OF_TRACE) return trace;
    return this.#spans > MAX_SPANS || this.#characters > MAX_CHARACTERS ? this.#oldest() : undefined;
  }

  /** Traces that have waited long enough. They may be released meanwhile. */
  *overdue(at: number): Iterable<LocalTrace> {
    for (const trace of this.#traces) {
      if (at - trace.heldSince < MAX_MILLIS) return;
      yield trace;
    }
  }

  /** All of them. They may be released meanwhile. */
  all(): Iterable<LocalTrace> {
    return this.#traces;
  }

  /** Notes the verdict. @returns the spans that have waited for it */
  release(trace: LocalTrace, verdict: SpanSampling | null): readonly SpanData[] {
    const spans = trace.decide(verdict);
    if (spans.length === 0) return spans;
    this.#traces.delete(trace);
    this.#spans -= spans.length;
    for (const span of spans) this.#characters -= span.size;
    return spans;
  }

  #oldest(): LocalTrace | undefined {
    for (const trace of this.#traces) return trace;
    return undefined;
  }
}
