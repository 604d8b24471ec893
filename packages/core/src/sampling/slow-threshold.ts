import { bucketOf, bucketStart } from '../statistics/histogram.js';

/** Eight steps for each power of two: a threshold at most 12 % too high, in half a kilobyte. */
const BITS_DROPPED = 2;
const STEPS = 264;
/** Fewer samples say nothing about the slowest one in a hundred. */
const MIN_SAMPLES = 100;
const SAMPLES_BETWEEN_LOOKS = 64;
/** At this number of samples all counts are halved, so that old samples lose weight. */
const MAX_SAMPLES = 4_096;

/** The running p99 of one route: about one in a hundred traces, and never more, takes longer than `nanos`. */
export class SlowThreshold {
  /** The threshold; `Infinity` until there are enough samples. */
  nanos = Number.POSITIVE_INFINITY;
  readonly #counts = new Uint16Array(STEPS);
  #samples = 0;
  #untilLook = MIN_SAMPLES;

  record(nanos: number): void {
    this.#counts[bucketOf(nanos) >>> BITS_DROPPED]!++;
    this.#samples++;
    if (--this.#untilLook === 0) this.#look();
  }

  #look(): void {
    const allowed = this.#samples / 100;
    let above = 0;
    let step = STEPS - 1;
    while (step > 0 && above + this.#counts[step]! <= allowed) above += this.#counts[step--]!;
    this.nanos = bucketStart((step + 1) << BITS_DROPPED);
    this.#untilLook = SAMPLES_BETWEEN_LOOKS;
    if (this.#samples >= MAX_SAMPLES) this.#halve();
  }

  #halve(): void {
    let samples = 0;
    for (let step = 0; step < STEPS; step++) samples += this.#counts[step]! >>>= 1;
    this.#samples = samples;
  }
}
