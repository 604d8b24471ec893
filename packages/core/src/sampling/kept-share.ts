const WINDOW_MILLIS = 1_000;
/** Weights that are owed are spread over the number of traces that are usually kept in this time. */
const SPREAD_SECONDS = 0.05;

/**
 * Inverse-probability weighting: each kept trace counts for `1 / probability` traces. The kept share of a burst is
 * known only afterwards, so a kept trace also counts for traces that were sampled out before it and are not yet counted
 * for by another one. No weight is ever lost: the sum of the weights is the number of traces seen, except for those
 * still owed.
 */
export class KeptShare {
  /** Traces that no kept trace counts for yet. */
  #owed = 0;
  #kept = 0;
  /** Number of traces that are usually kept in a second. */
  #usual = 0;
  #until = Number.NEGATIVE_INFINITY;

  /**
   * Counts a trace.
   *
   * @returns its probability: above 0, 1 if everything is kept, and 0 for a trace that is not kept
   */
  count(isKept: boolean, at: number): number {
    if (at >= this.#until) this.#turn(at);
    this.#owed++;
    if (!isKept) return 0;
    this.#kept++;
    const others = this.#owed - 1;
    // A rest below one is left for later, so that the probability returns to 1 soon after a burst.
    const weight = others < 1 ? 1 : 1 + others / Math.max(1, this.#usual * SPREAD_SECONDS);
    this.#owed -= weight;
    return 1 / weight;
  }

  /**
   * Starts the next second. A second in which nothing was kept does not count, because a budget may be below one a
   * second.
   */
  #turn(at: number): void {
    if (this.#kept > 0) this.#usual = this.#usual === 0 ? this.#kept : (this.#usual + this.#kept) / 2;
    this.#kept = 0;
    this.#until = at + WINDOW_MILLIS;
  }
}
