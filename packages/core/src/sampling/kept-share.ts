const WINDOW_MILLIS = 1_000;
/** After such a pause, the last second says nothing about the next. */
const PAUSE_MILLIS = 10_000;

/**
 * The share of like traces that is kept: that of the last second, as the present one is known only when it is over. In a burst the
 * first are kept and the others are not, so that to go by the present would make the first look as if they stood for nobody. Where
 * traffic rises, shares are a second too high, and where it falls, a second too low; over both, kept traces stand for all.
 */
export class KeptShare {
  #seen = 0;
  #kept = 0;
  #last = 0;
  #until = Number.NEGATIVE_INFINITY;

  count(isKept: boolean, at: number): void {
    if (at >= this.#until) this.#turn(at);
    this.#seen++;
    if (isKept) this.#kept++;
  }

  /** Above 0 once something was kept. */
  get value(): number {
    return this.#last > 0 ? this.#last : this.#kept / this.#seen;
  }

  /** A second in which nothing was kept goes on: a budget may be less than one a second. */
  #turn(at: number): void {
    const hasPaused = at >= this.#until + PAUSE_MILLIS;
    if (hasPaused || this.#kept > 0) {
      this.#last = hasPaused ? 0 : this.#kept / this.#seen;
      this.#seen = 0;
      this.#kept = 0;
    }
    this.#until = at + WINDOW_MILLIS;
  }
}
