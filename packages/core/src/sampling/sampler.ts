import type { SpanSampling } from '../trace/span.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import { asks } from './asks.js';
import { admitsLate } from './budget.js';
import { foldRepeats } from './fold-repeats.js';
import { Folding, type FoldingCounters } from './folding.js';
import { HeldTraces } from './held-traces.js';
import { hasFailed, Judge } from './judge.js';
import type { ResolvedSampling } from './sampling-options.js';

/** The attribute for the number of spans of a request that were sampled out before it failed; see {@link Sampler}. */
export const SAMPLED_OUT_ATTRIBUTE = 'ferret.sampled_out';

const LOOK_INTERVAL_MILLIS = 1_000;
/** Part of the room of a trace that may be taken after its repeats were folded, so that more of them may come. */
const CROWDED = 0.75;

/**
 * Decides which spans are kept in detail, between the tracer and the pipeline. Traces are kept whole or not at all. A
 * span that ends before its root waits here, within bounds; a later one finds the verdict in its {@link LocalTrace}.
 * There are three exceptions. Siblings that repeat themselves are folded into one row ({@link foldRepeats}), and spans
 * of a trace beyond the bounds into its root ({@link Folding}). A root that fails after its trace was sampled out is
 * kept alone.
 *
 * Reads no clock while spans end: the end of a span follows from its start and its duration, both monotonic.
 */
export class Sampler {
  readonly #onKeep: (span: SpanData) => void;
  readonly #counters: FoldingCounters;
  readonly #now: () => number;
  #options: ResolvedSampling;
  readonly #judge: Judge;
  readonly #traces: HeldTraces;
  readonly #folding: Folding;
  #nextLook = 0;

  constructor(
    options: ResolvedSampling,
    onKeep: (span: SpanData) => void,
    counters: FoldingCounters,
    now: () => number = () => performance.now(),
  ) {
    this.#options = options;
    this.#onKeep = onKeep;
    this.#counters = counters;
    this.#now = now;
    this.#judge = new Judge(options);
    this.#traces = new HeldTraces(options.maxChildSpans);
    this.#folding = new Folding(counters, onKeep);
  }

  /**
   * Whether anything may be sampled out. If not, the tracer makes no {@link LocalTrace}, and spans are passed on
   * directly.
   */
  get isActive(): boolean {
    return this.#options.maxSpansPerSecond !== Number.POSITIVE_INFINITY || this.#options.rules.length > 0;
  }

  /** Number of spans that wait: for the end of their trace, or as carriers of folded spans. */
  get held(): number {
    return this.#traces.spans + this.#folding.held;
  }

  /** Processes an ended span: passes it on, counts it, or holds it until its root ends. */
  ended(span: SpanData): void {
    const { trace } = span;
    if (trace === undefined || this.#isLetThrough(trace)) this.#letThrough(span);
    else if (trace.root === span) this.#rootEnded(trace, span);
    else if (trace.verdict !== undefined) this.#endedLate(trace, span, trace.verdict);
    else this.#hold(trace, span);
  }

  /**
   * Whether everything is kept, and the span has a trace for another reason. A trace with spans that already wait is
   * decided as a whole.
   */
  #isLetThrough(trace: LocalTrace): boolean {
    return !this.isActive && trace.verdict === undefined && trace.held.length === 0 && trace.folded === undefined;
  }

  #letThrough(span: SpanData): void {
    if (span.trace?.root === span) span.trace.root = undefined;
    this.#onKeep(span);
  }

  /** Decides traces that have waited long enough. To be called about once a second. */
  tick(at = this.#now()): void {
    this.#nextLook = at + LOOK_INTERVAL_MILLIS;
    for (const trace of this.#traces.overdue(at)) {
      if (this.#judge.mustAwaitEnd(trace, at)) this.#traces.putOff(trace, at);
      else this.#decideEarly(trace, at);
    }
    this.#folding.storeCarriers();
  }

  /**
   * Decides the traces that wait, as far as possible, so that their spans are passed on or counted.
   *
   * @param isEnd whether the process may end now; requests that cannot be decided yet then count as interrupted
   */
  decidePending(at = this.#now(), isEnd = false): void {
    for (const trace of this.#traces.all()) {
      const mustAwaitEnd = this.#judge.mustAwaitEnd(trace, at);
      if (mustAwaitEnd && isEnd) this.#releaseEarly(trace, this.#judge.interrupted(trace, at));
      else if (!mustAwaitEnd) this.#decideEarly(trace, at);
    }
    this.#folding.storeCarriers();
    this.#folding.describeRoots();
  }

  /** Changes budgets and rules. */
  configure(options: ResolvedSampling): void {
    this.#options = options;
    this.#judge.configure(options);
    this.#traces.maxOfTrace = options.maxChildSpans;
  }

  #endedLate(trace: LocalTrace, span: SpanData, verdict: SpanSampling | null): void {
    const at = endOf(span);
    const hasRows = trace.rows < this.#options.maxChildSpans;
    if (verdict === null || !this.isActive || admitsLate(verdict, hasRows, at)) this.#settle(trace, span, verdict);
    else this.#folding.foldLate(trace, span, verdict, at);
    this.#lookAround(at);
  }

  #rootEnded(trace: LocalTrace, root: SpanData): void {
    const at = endOf(root);
    const verdict = this.#judge.atEnd(trace, root, at);
    // Most requests are not kept: their repeats are not looked at.
    if (verdict !== null && trace.verdict === undefined && !this.#judge.keepsAll(root)) this.#foldRepeats(trace);
    this.#release(trace, verdict);
    if (verdict !== null) {
      if (trace.folded !== undefined) this.#folding.rootEnded(trace, trace.folded);
      if (trace.sampledOut > 0) root.values[SAMPLED_OUT_ATTRIBUTE] = trace.sampledOut;
    }
    trace.root = undefined;
    this.#settle(trace, root, verdict);
    this.#lookAround(at);
  }

  /** Calls `tick()` once a second while spans end. */
  #lookAround(at: number): void {
    if (at >= this.#nextLook) this.tick(at);
  }

  #hold(trace: LocalTrace, span: SpanData): void {
    const at = endOf(span);
    if (asks(span)) trace.isAsked = true;
    if (hasFailed(span)) trace.hasFailed = true;
    if (trace.root !== undefined && !this.#traces.hasRoomFor(trace)) {
      this.#folding.fold(trace, trace.root, span);
    } else if (this.#traces.add(trace, span, at) || trace.isSuppressed) {
      this.#keepWithinBounds(trace, at);
    }
    this.#lookAround(at);
  }

  #keepWithinBounds(trace: LocalTrace, at: number): void {
    if (!this.#traces.hasRoomFor(trace) && !trace.isCrowded) {
      const { root } = trace;
      // The route of a request is known at its end.
      const keepsAll = root !== undefined && !this.#judge.mustAwaitEnd(trace, at) && this.#judge.keepsAllEarly(root);
      if (!keepsAll) this.#foldRepeats(trace);
      trace.isCrowded = trace.held.length > CROWDED * this.#options.maxChildSpans;
    }
    if (trace.isSuppressed || (trace.isCrowded && !this.#judge.mustAwaitEnd(trace, at))) this.#decideEarly(trace, at);
    const oldest = this.#traces.beyondBounds;
    if (oldest === undefined) return;
    const { root } = oldest;
    if (root === undefined || !this.#judge.mustAwaitEnd(oldest, at)) {
      this.#decideEarly(oldest, at);
    } else {
      for (const span of this.#traces.take(oldest)) this.#folding.fold(oldest, root, span);
      this.#folding.foldRows(oldest, root);
    }
  }

  #decideEarly(trace: LocalTrace, at: number): void {
    const { root } = trace;
    this.#releaseEarly(trace, root === undefined || trace.isSuppressed ? null : this.#judge.early(trace, root, at));
  }

  /** Applies the verdict on a trace whose root is open. The budget was asked for the rows, with repeats folded. */
  #releaseEarly(trace: LocalTrace, verdict: SpanSampling | null): void {
    const { root } = trace;
    if (verdict !== null && root !== undefined && !this.#judge.keepsAllEarly(root)) this.#foldRepeats(trace);
    this.#release(trace, verdict);
  }

  #release(trace: LocalTrace, verdict: SpanSampling | null): void {
    if (trace.folded !== undefined && trace.verdict === undefined) this.#folding.decided(trace, trace.folded, verdict);
    const spans = this.#traces.release(trace, verdict);
    if (trace.repeats !== undefined) this.#folding.repeatsDecided(trace, trace.repeats, verdict);
    for (const span of spans) this.#settle(trace, span, verdict);
  }

  #foldRepeats(trace: LocalTrace): void {
    const stay = foldRepeats(trace);
    if (stay !== undefined) this.#traces.keepOnly(trace, stay);
  }

  #settle(trace: LocalTrace, span: SpanData, verdict: SpanSampling | null): void {
    if (verdict === null) {
      this.#counters.sampledOut++;
      trace.sampledOut++;
      return;
    }
    span.sampling = verdict;
    trace.rows++;
    this.#onKeep(span);
  }
}

/** The end of a span, on the clock of `performance.now()`. */
function endOf(span: SpanData): number {
  return span.startedAt + span.durationNanos / 1e6;
}
