/** Seconds in which a bucket fills: the tokens of this time may be taken at once. */
const FILL_SECONDS = 1;
const MAX_DEBT_SECONDS = 0.05;
/** Share of the capacity from which on a bucket counts as relaxed. */
const RELAXED_SHARE = 0.25;

interface TokenBucketOptions {
  /** Seconds in which the bucket fills. Default 1. */
  readonly fillSeconds?: number;
  /**
   * Minimum capacity, unless nothing flows in. Default 1, so that a budget below one a second can save up for one span.
   */
  readonly leastCapacity?: number;
}

/**
 * A token bucket: limits spans a second, and spans at once. It is filled on use, without a timer. Times are readings of
 * `performance.now()`, which steps of the wall clock do not change.
 */
export class TokenBucket {
  readonly perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, { fillSeconds = FILL_SECONDS, leastCapacity = 1 }: TokenBucketOptions = {}) {
    this.perSecond = perSecond;
    this.#capacity = perSecond === 0 ? 0 : Math.max(leastCapacity, perSecond * fillSeconds);
    this.#tokens = this.#capacity;
  }

  /** Whether there is room for a trace of any size. Tokens taken beyond the last one are a debt, which is paid back. */
  hasRoom(at: number): boolean {
    this.#fill(at);
    return this.#tokens >= 1;
  }

  /** Whether there is so much room that no trace was short of it for a while. */
  isRelaxed(at: number): boolean {
    this.#fill(at);
    return this.#tokens >= this.#capacity * RELAXED_SHARE && this.#tokens >= 1;
  }

  /**
   * Takes tokens, even if there are none. The debt is bounded: by the size of one trace, or by the other bucket in
   * which the caller found room.
   */
  take(spans: number, at: number): void {
    this.#fill(at);
    this.#tokens -= spans;
  }

  /**
   * Takes tokens for spans that another, larger bucket had room for. The debt is bounded by the tokens of 50 ms: other
   * spans get less meanwhile, and are kept again soon afterwards.
   */
  takeWithinDebt(spans: number, at: number): void {
    this.#fill(at);
    this.#tokens = Math.max(this.#tokens - spans, Math.min(this.#tokens, -this.perSecond * MAX_DEBT_SECONDS));
  }

  #fill(at: number): void {
    if (at <= this.#filledAt) return;
    const filled = this.#tokens + ((at - this.#filledAt) / 1000) * this.perSecond;
    this.#tokens = filled < this.#capacity ? filled : this.#capacity;
    this.#filledAt = at;
  }
}
