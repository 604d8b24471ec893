import type { SpanData } from '../trace/recording-span.js';
import type { KeepReason, LocalTrace, SpanSampling } from '../trace/span-data.js';
import { Budget, pay, payLate } from './budget.js';
import { healthOf } from './health-check.js';
import { HeldTraces } from './held-traces.js';
import { RecentTraces } from './recent-traces.js';
import { RouteMemory } from './route-memory.js';
import type { ResolvedSampling } from './sampling-options.js';
import { SlowThreshold } from './slow-threshold.js';

/** Asks for the trace of the span that has it. */
export const KEEP_ATTRIBUTE = 'ferret.keep';

const LOOK_INTERVAL_MILLIS = 1_000;

/** The counter a sampler raises; the pipeline's ledger has it. */
export interface SamplingCounters {
  sampledOut: number;
}

/**
 * Decides what is kept in detail, between the tracer and the pipeline. Traces are kept whole or not at all: a span that ends before
 * its root waits here, within bounds, and one that ends later finds the verdict in its {@link LocalTrace}.
 *
 * It reads no clock while spans end: when a span ended follows from its start and its duration, both monotonic.
 */
export class Sampler {
  readonly #onKeep: (span: SpanData) => void;
  readonly #counters: SamplingCounters;
  readonly #now: () => number;
  #options: ResolvedSampling;
  #budget: Budget;
  readonly #routes: RouteMemory;
  /** The p99 of all roots, for those whose route is not known yet. */
  readonly #anyRoot = new SlowThreshold();
  readonly #recent = new RecentTraces();
  readonly #traces = new HeldTraces();
  #nextLook = 0;

  constructor(
    options: ResolvedSampling,
    onKeep: (span: SpanData) => void,
    counters: SamplingCounters,
    now: () => number = () => performance.now(),
  ) {
    this.#options = options;
    this.#onKeep = onKeep;
    this.#counters = counters;
    this.#now = now;
    this.#routes = new RouteMemory(options);
    this.#budget = new Budget(options.ceilingSpansPerSecond);
  }

  /** False while everything is kept: the tracer makes no {@link LocalTrace} then, and spans pass right through. */
  get isActive(): boolean {
    return this.#options.maxSpansPerSecond !== Number.POSITIVE_INFINITY || this.#options.rules.length > 0;
  }

  /** Spans that wait for the end of their trace. */
  get held(): number {
    return this.#traces.spans;
  }

  /** Takes an ended span: hands it on, counts it, or has it wait for its root. */
  ended(span: SpanData): void {
    const { trace } = span;
    if (trace === undefined) this.#onKeep(span);
    else if (trace.verdict !== undefined) this.#endedLate(span, trace.verdict);
    else if (trace.root === span) this.#rootEnded(trace, span);
    else this.#hold(trace, span);
  }

  /** Decides traces that have waited long enough. For somebody who comes by about once a second. */
  tick(at = this.#now()): void {
    this.#nextLook = at + LOOK_INTERVAL_MILLIS;
    for (const trace of this.#traces.overdue(at)) this.#decideEarly(trace, at);
  }

  /** Decides everything that waits, so that all spans ended so far are on their way or counted. */
  decidePending(at = this.#now()): void {
    for (const trace of this.#traces.all()) this.#decideEarly(trace, at);
  }

  /** From now on other budgets and rules hold. */
  configure(options: ResolvedSampling): void {
    this.#options = options;
    this.#routes.configure(options);
    this.#budget = new Budget(options.ceilingSpansPerSecond);
  }

  #endedLate(span: SpanData, verdict: SpanSampling | null): void {
    payLate(verdict);
    this.#settle(span, verdict);
  }

  #rootEnded(trace: LocalTrace, root: SpanData): void {
    const at = endOf(root);
    const verdict = this.#judge(trace, root, at);
    this.#release(trace, verdict);
    this.#settle(root, verdict);
    this.#lookAround(at);
  }

  /** `tick()`, for as long as there is traffic. */
  #lookAround(at: number): void {
    if (at >= this.#nextLook) this.tick(at);
  }

  #judge(trace: LocalTrace, root: SpanData, at: number): SpanSampling | null {
    const { threshold, policy } = this.#routes.of(root);
    const slowerThanNanos = policy.slowerThanNanos ?? threshold.nanos;
    threshold.record(root.durationNanos);
    this.#anyRoot.record(root.durationNanos);

    const health = this.#options.keepHealthChecks ? undefined : healthOf(root);
    let reason: KeepReason | undefined;
    if (root.outcome !== 'ok' || health === 'failed') reason = 'error';
    else if (isAsked(trace, root)) reason = 'asked';
    else if (health === 'fine') return null;
    else if (root.durationNanos > slowerThanNanos) reason = 'slow';

    const spans = trace.held.length + 1;
    // The parent is in another process, or in another instance: there may be more roots of this trace here.
    const isFromOutside = root.ids.hasParent;
    if (isFromOutside && reason === undefined) {
      const verdict = this.#recent.follow(root.traceId, spans, at);
      if (verdict !== undefined) {
        pay(verdict, spans);
        return verdict;
      }
    }
    const verdict = this.#budget.judge(reason, policy, spans, at);
    if (isFromOutside) this.#recent.remember(root.traceId, verdict, spans, at);
    return verdict;
  }

  #hold(trace: LocalTrace, span: SpanData): void {
    const at = endOf(span);
    if (asks(span)) trace.isAsked = true;
    if (span.outcome !== 'ok') trace.hasFailed = true;
    const overdue = trace.isSuppressed ? trace : undefined;
    const full = this.#traces.add(trace, span, at) ?? overdue;
    if (full !== undefined) this.#decideEarly(full, at);
    this.#lookAround(at);
  }

  /** Without the root's end there is less to go by: what has gone wrong so far, who asked, and how long it has taken. */
  #decideEarly(trace: LocalTrace, at: number): void {
    const { root } = trace;
    if (root === undefined || trace.isSuppressed) {
      this.#release(trace, null);
      return;
    }
    // The route of a request is known at its end; any other root has its name from the start.
    const route = root.kind === 'server' ? undefined : this.#routes.of(root);
    const policy = route?.policy ?? this.#routes.general;
    const slowerThanNanos = policy.slowerThanNanos ?? (route?.threshold ?? this.#anyRoot).nanos;
    let reason: KeepReason | undefined;
    if (trace.hasFailed || root.outcome !== 'ok') reason = 'error';
    else if (isAsked(trace, root)) reason = 'asked';
    else if ((at - root.startedAt) * 1e6 > slowerThanNanos) reason = 'slow';
    this.#release(trace, this.#budget.judge(reason, policy, trace.held.length, at));
  }

  #release(trace: LocalTrace, verdict: SpanSampling | null): void {
    for (const span of this.#traces.release(trace, verdict)) this.#settle(span, verdict);
  }

  #settle(span: SpanData, verdict: SpanSampling | null): void {
    if (verdict === null) {
      this.#counters.sampledOut++;
      return;
    }
    span.sampling = verdict;
    this.#onKeep(span);
  }
}

function isAsked(trace: LocalTrace, root: SpanData): boolean {
  return trace.isAsked || asks(root);
}

function asks(span: SpanData): boolean {
  return span.count > 0 && span.values[KEEP_ATTRIBUTE] === true;
}

/** A reading of `performance.now()`. */
function endOf(span: SpanData): number {
  return span.startedAt + span.durationNanos / 1e6;
}
