const WINDOW_MILLIS = 1000;

/**
 * The share of like traces that is kept, over the present second and the one before: long enough to mean something, short
 * enough to follow the traffic.
 */
export class KeptShare {
  #seen = 0;
  #kept = 0;
  #seenBefore = 0;
  #keptBefore = 0;
  #until = Number.NEGATIVE_INFINITY;

  count(isKept: boolean, at: number): void {
    if (at >= this.#until) this.#turn(at);
    this.#seen++;
    if (isKept) this.#kept++;
  }

  /** Above 0 right after something was kept. */
  get value(): number {
    return (this.#kept + this.#keptBefore) / (this.#seen + this.#seenBefore);
  }

  #turn(at: number): void {
    const isNext = at < this.#until + WINDOW_MILLIS;
    this.#seenBefore = isNext ? this.#seen : 0;
    this.#keptBefore = isNext ? this.#kept : 0;
    this.#seen = 0;
    this.#kept = 0;
    this.#until = at + WINDOW_MILLIS;
  }
}
