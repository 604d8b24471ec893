const WINDOW_MILLIS = 1_000;
/** After such a pause, what was before says nothing about what comes. */
const PAUSE_MILLIS = 10_000;

/**
 * The share of like traces that is kept, so that kept ones weighted by it stand for all. The share of the present second is known only
 * when that is over: in a burst the first are kept and the others are not, and to go by what has been would make the first look as
 * if they stood for nobody. So each second's kept traces stand for those that nobody stands for yet: what a second weighed too little
 * or too much, the next one makes up for, and sums over some seconds come out right.
 */
export class KeptShare {
  #seen = 0;
  #kept = 0;
  /** How many are kept in a second of late. */
  #usual = 0;
  #weight = 1;
  /** Traces that nobody stands for. Below 0 if some are stood for twice. */
  #owed = 0;
  #until = Number.NEGATIVE_INFINITY;

  count(isKept: boolean, at: number): void {
    if (at >= this.#until) this.#turn(at);
    this.#seen++;
    this.#owed++;
    if (!isKept) return;
    this.#kept++;
    this.#owed -= this.#weight;
  }

  /** Above 0, and 1 where everything is kept. */
  get value(): number {
    return 1 / this.#weight;
  }

  /** A second in which nothing was kept goes on: a budget may be less than one a second. */
  #turn(at: number): void {
    const hasPaused = at >= this.#until + PAUSE_MILLIS;
    if (hasPaused || this.#kept > 0) {
      if (hasPaused || this.#kept === this.#seen) {
        this.#usual = 0;
        this.#weight = 1;
        this.#owed = 0;
      } else {
        this.#usual = this.#usual === 0 ? this.#kept : (this.#usual + this.#kept) / 2;
        this.#weight = Math.max(1, this.#owed / this.#usual);
      }
      this.#seen = 0;
      this.#kept = 0;
    }
    this.#until = at + WINDOW_MILLIS;
  }
}
