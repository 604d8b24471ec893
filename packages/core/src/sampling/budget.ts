import type { KeepReason, SpanSampling } from '../trace/span-data.js';
import { KeptShare } from './kept-share.js';
import type { Policy } from './route-memory.js';
import { TokenBucket } from './token-bucket.js';

/** A trace that is kept, and what its spans are paid from. */
class KeptTrace implements SpanSampling {
  readonly reason: KeepReason;
  readonly probability: number;
  readonly #bucket: TokenBucket;
  readonly #ceiling: TokenBucket;

  constructor(reason: KeepReason, probability: number, bucket: TokenBucket, ceiling: TokenBucket) {
    this.reason = reason;
    this.probability = probability;
    this.#bucket = bucket;
    this.#ceiling = ceiling;
  }

  /** What goes first counts in the budget, too, but must not keep the rest out once the trouble is over. */
  pay(spans: number): void {
    if (this.reason === 'budget') {
      this.#bucket.take(spans);
    } else {
      this.#ceiling.take(spans);
      this.#bucket.takeFirst(spans);
    }
  }

  payLate(spans: number): void {
    this.#ceiling.takeFirst(spans);
    this.#bucket.takeFirst(spans);
  }
}

/** What may be kept: by each policy's budget, and by one ceiling for all that goes first. */
export class Budget {
  readonly #ceiling: TokenBucket;
  /** Of what goes first. */
  readonly #firstShare = new KeptShare();

  constructor(ceilingSpansPerSecond: number) {
    this.#ceiling = new TokenBucket(ceilingSpansPerSecond);
  }

  /**
   * What goes first, for a reason, is held back by the ceiling alone; the rest by its budget alone, so that a rule that keeps much of
   * one route takes no room from the errors of the others.
   *
   * @returns `null` for a trace that is not kept
   */
  judge(reason: KeepReason | undefined, policy: Policy, spans: number, at: number): SpanSampling | null {
    const hasBudget = policy.bucket.hasRoom(at);
    const isKept = reason === undefined ? hasBudget : this.#ceiling.hasRoom(at);
    const share = reason === undefined ? policy.share : this.#firstShare;
    share.count(isKept, at);
    if (!isKept) return null;
    const kept = new KeptTrace(reason ?? 'budget', share.value, policy.bucket, this.#ceiling);
    kept.pay(spans);
    return kept;
  }
}

/** Accounts for more spans that follow a verdict: other roots of the trace. */
export function pay(verdict: SpanSampling | null, spans: number): void {
  if (verdict instanceof KeptTrace) verdict.pay(spans);
}

/** Accounts for a span that ended after its trace was decided. There may be any number of them. */
export function payLate(verdict: SpanSampling | null): void {
  if (verdict instanceof KeptTrace) verdict.payLate(1);
}
