import type { KeepReason, SpanSampling } from '../trace/span.js';
import { KeptShare } from './kept-share.js';
import type { Policy } from './route-memory.js';
import { TokenBucket } from './token-bucket.js';

/** Maximum number of late spans of one trace that are kept in a second. */
const MAX_LATE_SPANS = 100;
const LATE_MILLIS = 1_000;
/** Share of the budget that failures on the client's side may take in preference to other traces. */
const CLIENTS_SHARE = 0.25;
/**
 * Seconds of the ceiling that preferred traces without a failure may use at once. Short, because failures may come on
 * top.
 */
const PREFERRED_FILL_SECONDS = 0.25;
const PREFERRED_LEAST = 100;

/** The verdict on a trace that is kept, with the budget that its further spans are paid from. */
class KeptTrace implements SpanSampling {
  readonly reason: KeepReason;
  readonly probability: number;
  readonly #policy: Policy;
  #late = 0;
  #lateUntil = Number.NEGATIVE_INFINITY;

  constructor(reason: KeepReason, probability: number, policy: Policy) {
    this.reason = reason;
    this.probability = probability;
    this.#policy = policy;
  }

  /** Whether nothing is folded for want of room. */
  get isUnlimited(): boolean {
    return this.#policy.bucket.perSecond === Number.POSITIVE_INFINITY;
  }

  /**
   * Whether another root of the trace is kept: with room in the budget like any ordinary trace, otherwise with the room
   * for late spans.
   */
  admitsRoot(spans: number, at: number): boolean {
    const { bucket } = this.#policy;
    if (!bucket.hasRoom(at)) return this.admitsFurther(spans, at);
    bucket.take(spans, at);
    return true;
  }

  /** Whether further spans are kept. Their room comes from the budget, for whatever reason the trace was kept. */
  admitsFurther(spans: number, at: number): boolean {
    const { bucket, further } = this.#policy;
    if (!further.hasRoom(at)) return false;
    further.take(spans, at);
    bucket.take(spans, at);
    return true;
  }

  admitsLate(at: number): boolean {
    if (this.isUnlimited) return true;
    if (at >= this.#lateUntil) {
      this.#late = 0;
      this.#lateUntil = at + LATE_MILLIS;
    }
    if (this.#late >= MAX_LATE_SPANS || !this.admitsFurther(1, at)) return false;
    this.#late++;
    return true;
  }
}

/**
 * The room for kept spans. Each policy has a budget, and one ceiling bounds all spans that are kept beyond the budgets:
 * those of failed traces, slow ones, and traces that were asked for. Failures take room only from each other.
 */
export class Budget {
  /** Room for failures. */
  readonly #failures: TokenBucket;
  /** Room for everything that is kept beyond a budget. Failures are taken from it without a check. */
  readonly #ceiling: TokenBucket;
  readonly #clients: TokenBucket;
  readonly #failureShare = new KeptShare();

  constructor(maxSpansPerSecond: number, ceilingSpansPerSecond: number) {
    this.#failures = new TokenBucket(ceilingSpansPerSecond);
    this.#ceiling = new TokenBucket(ceilingSpansPerSecond, {
      fillSeconds: PREFERRED_FILL_SECONDS,
      leastCapacity: Math.min(ceilingSpansPerSecond, PREFERRED_LEAST),
    });
    this.#clients = new TokenBucket(maxSpansPerSecond * CLIENTS_SHARE);
  }

  /** Judges a trace that failed on the server's side. */
  judgeFailure(policy: Policy, spans: number, at: number): SpanSampling | null {
    const isKept = this.#failures.hasRoom(at);
    const probability = this.#failureShare.count(isKept, at);
    if (!isKept) return null;
    this.#failures.take(spans, at);
    return this.#beyondBudget('error', probability, policy, spans, at);
  }

  /**
   * Judges a trace that failed on the client's side. Clients can cause any number of these, so they have room of their
   * own. Returns `null` if there is none; the trace is then judged as if it had not failed.
   */
  judgeClientFailure(policy: Policy, spans: number, at: number): SpanSampling | null {
    if (!this.#clients.hasRoom(at)) return null;
    this.#clients.take(spans, at);
    return this.#beyondBudget('error', 1, policy, spans, at);
  }

  /**
   * Judges a trace that is preferred without being a failure. Returns `null` if the ceiling has no room; the trace is
   * then judged as an ordinary one.
   */
  judgePreferred(reason: KeepReason, policy: Policy, spans: number, at: number): SpanSampling | null {
    return this.#ceiling.hasRoom(at) ? this.#beyondBudget(reason, 1, policy, spans, at) : null;
  }

  judgeOrdinary(policy: Policy, spans: number, at: number): SpanSampling | null {
    const { bucket, reserve } = policy;
    const hasRoom = bucket.hasRoom(at);
    const isKept = hasRoom || reserve.hasRoom(at);
    const probability = policy.share.count(isKept, at);
    if (!isKept) return null;
    bucket.take(spans, at);
    if (hasRoom) reserve.takeWithinDebt(spans, at);
    else reserve.take(spans, at);
    return new KeptTrace('budget', probability, policy);
  }

  /**
   * Keeps a trace beyond the budget. It counts in the budget too, but with a bounded debt, so that ordinary traces are
   * kept again soon afterwards.
   */
  #beyondBudget(reason: KeepReason, probability: number, policy: Policy, spans: number, at: number): SpanSampling {
    this.#ceiling.take(spans, at);
    policy.bucket.takeWithinDebt(spans, at);
    return new KeptTrace(reason, probability, policy);
  }
}

/** Whether another root of a trace, with its spans, may follow the verdict. Takes the room for them. */
export function admitsRoot(verdict: SpanSampling, spans: number, at: number): boolean {
  return !(verdict instanceof KeptTrace) || verdict.admitsRoot(spans, at);
}

/** Whether there is room for a span that carries the sums of others. Takes that room. */
export function admitsCarrier(verdict: SpanSampling, at: number): boolean {
  return !(verdict instanceof KeptTrace) || verdict.admitsFurther(1, at);
}

/**
 * Whether a span that ended after the decision on its trace is kept. Takes the room for it.
 *
 * @param hasRows whether the trace has room for another row
 */
export function admitsLate(verdict: SpanSampling, hasRows: boolean, at: number): boolean {
  return !(verdict instanceof KeptTrace) || ((hasRows || verdict.isUnlimited) && verdict.admitsLate(at));
}
