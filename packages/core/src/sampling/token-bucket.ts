/** How long a bucket takes to fill: what a second allows may come all at once. */
const FILL_SECONDS = 1;
const MAX_DEBT_SECONDS = 0.05;

/**
 * A token bucket: so many spans a second, and not more at once than a second's worth. It is filled as it is asked, without a
 * timer. Times are readings of `performance.now()`, which no step of the wall clock moves.
 */
export class TokenBucket {
  readonly perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
    // A budget of less than one a second has to be able to save up for one.
    this.#capacity = perSecond === 0 ? 0 : Math.max(1, perSecond * FILL_SECONDS);
    this.#tokens = this.#capacity;
  }

  /** Whether there is room for a trace, however large: what it takes beyond the last token is paid back. */
  hasRoom(at: number): boolean {
    if (this.perSecond === Number.POSITIVE_INFINITY) return true;
    if (at > this.#filledAt) {
      const filled = this.#tokens + ((at - this.#filledAt) / 1000) * this.perSecond;
      this.#tokens = filled < this.#capacity ? filled : this.#capacity;
      this.#filledAt = at;
    }
    return this.#tokens >= 1;
  }

  /** Takes tokens for something that was asked for by `hasRoom()`. */
  take(spans: number): void {
    this.#tokens -= spans;
  }

  /**
   * Takes tokens for something that goes first, whether there are any or not. The debt is bounded, by what was taken last or 50 ms:
   * what comes after it gets less while that goes on, and is not kept out once it is over.
   */
  takeFirst(spans: number): void {
    const debt = Math.max(spans, this.perSecond * MAX_DEBT_SECONDS);
    this.#tokens = Math.max(this.#tokens - spans, Math.min(this.#tokens, -debt));
  }
}
