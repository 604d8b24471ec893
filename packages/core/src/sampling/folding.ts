import { FoldedSpans } from '../trace/folded-spans.js';
import type { RepeatedSpans } from '../trace/repeated-spans.js';
import type { SpanSampling } from '../trace/span.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import { admitsCarrier } from './budget.js';

/** Maximum number of traces with sums in memory. Beyond them, the sums of the oldest trace are stored. */
const MAX_TRACES = 256;

/** The counters that folding changes; they are part of the pipeline's ledger. */
export interface FoldingCounters {
  sampledOut: number;
  folded?: number;
}

/**
 * Adds up spans on another span of their trace instead of keeping each of them. While the root of the trace is open, it
 * carries the sums. Afterwards the first span that is not kept for itself becomes the carrier; it is held for about a
 * second, and then stored like any other span.
 */
export class Folding {
  readonly #counters: FoldingCounters;
  readonly #onKeep: (span: SpanData) => void;
  readonly #traces = new Set<LocalTrace>();
  /** Number of carriers that are held. */
  held = 0;

  constructor(counters: FoldingCounters, onKeep: (span: SpanData) => void) {
    this.#counters = counters;
    this.#onKeep = onKeep;
  }

  /** Folds a span into the open root. The span is counted when its trace is decided. */
  fold(trace: LocalTrace, root: SpanData, span: SpanData): void {
    if (trace.folded === undefined) this.#open(trace, root, false);
    trace.folded?.add(span);
  }

  /** Folds a span of a kept trace. Without an open root and without room for a carrier, the span is sampled out. */
  foldLate(trace: LocalTrace, span: SpanData, verdict: SpanSampling, at: number): void {
    if (trace.folded === undefined) {
      if (trace.root !== undefined) {
        this.#open(trace, trace.root, false);
      } else if (admitsCarrier(verdict, at)) {
        span.sampling = verdict;
        this.#open(trace, span, true);
        return;
      } else {
        this.#counters.sampledOut++;
        return;
      }
    }
    trace.folded?.add(span);
    this.#count(1);
  }

  /** Puts rows of repeats, which are folded themselves now, into the open root. */
  foldRows(trace: LocalTrace, root: SpanData): void {
    if (trace.repeats === undefined) return;
    if (trace.folded === undefined) this.#open(trace, root, false);
    for (const row of trace.repeats.values()) trace.folded?.addAll(row);
    trace.repeats = undefined;
  }

  /** Applies the verdict on the trace to its repeats. */
  repeatsDecided(
    trace: LocalTrace,
    repeats: ReadonlyMap<string, RepeatedSpans<SpanData>>,
    verdict: SpanSampling | null,
  ): void {
    trace.repeats = undefined;
    for (const row of repeats.values()) {
      if (verdict === null) {
        this.#counters.sampledOut += row.count;
        trace.sampledOut += row.count;
      } else {
        this.#count(row.count);
        row.describe();
      }
    }
  }

  /** Applies the verdict on the trace to the spans that were folded before it. */
  decided(trace: LocalTrace, folded: FoldedSpans<SpanData>, verdict: SpanSampling | null): void {
    if (verdict !== null) {
      this.#count(folded.count);
      return;
    }
    this.#counters.sampledOut += folded.count;
    trace.sampledOut += folded.count;
    folded.erase();
    this.#close(trace);
  }

  /** Writes the sums to the root, which has ended and is about to be stored. */
  rootEnded(trace: LocalTrace, folded: FoldedSpans<SpanData>): void {
    folded.describe();
    this.#close(trace);
  }

  /** Stores the held carriers, and drops sums whose root was suppressed. */
  storeCarriers(): void {
    for (const trace of this.#traces) {
      const { folded } = trace;
      if (folded?.isHeld) {
        this.#store(trace, folded);
      } else if (folded !== undefined && trace.isSuppressed) {
        // The sums were counted as kept, but are stored nowhere.
        if (trace.verdict) this.#count(-folded.count);
        this.decided(trace, folded, null);
      }
    }
  }

  /** Updates the attributes of open roots, so that copies of them have the present sums. */
  describeRoots(): void {
    for (const { folded } of this.#traces) folded?.describe();
  }

  #open(trace: LocalTrace, carrier: SpanData, isHeld: boolean): void {
    trace.folded = new FoldedSpans(carrier, isHeld);
    if (isHeld) this.held++;
    this.#traces.add(trace);
    if (this.#traces.size <= MAX_TRACES) return;
    for (const oldest of this.#traces) {
      // An open root gets its sums when it ends, even if the trace is no longer in this set.
      if (oldest.folded?.isHeld) this.#store(oldest, oldest.folded);
      else this.#traces.delete(oldest);
      return;
    }
  }

  #store(trace: LocalTrace, folded: FoldedSpans<SpanData>): void {
    this.#close(trace);
    folded.describe();
    this.held--;
    this.#onKeep(folded.carrier);
  }

  #close(trace: LocalTrace): void {
    trace.folded = undefined;
    this.#traces.delete(trace);
  }

  #count(spans: number): void {
    this.#counters.folded = (this.#counters.folded ?? 0) + spans;
  }
}
