import type { Group } from './figures.js';

const MOST_BARS = 16;

/** From there on, the last bucket of Ferret's counters has everything (docs/file-format.md). */
const LAST_BUCKET_NANOS = 2 ** 42;

/** The step that begins at 0 ends at 2^10. */
const FIRST_STEP = 9;

/** The common scale of several distributions, so that they can be compared. */
export interface DistributionScale {
  readonly fromNanos: number;
  readonly toNanos: number;
  /** Whether there are durations beyond `toNanos`. */
  readonly isOpen: boolean;
  /** A bar reaches up to so many times as long as the bar before. */
  readonly factor: number;
  /** The number of spans of a group in each bar. */
  barsOf(group: Group): number[];
}

/**
 * A scale of doublings, or of several doublings a bar where there are too many of them. `undefined` where no group has
 * a distribution: counts that another program has made may come without.
 */
export function distributionScale(groups: readonly Group[]): DistributionScale | undefined {
  const steps = groups.flatMap(({ distribution }) => distribution.map(({ fromNanos }) => stepOf(fromNanos)));
  if (steps.length === 0) return undefined;
  const first = steps.reduce((least, step) => Math.min(least, step), Number.POSITIVE_INFINITY);
  const last = steps.reduce((most, step) => Math.max(most, step), 0);
  const width = Math.max(Math.ceil((last - first + 1) / MOST_BARS), 1);
  const count = Math.floor((last - first) / width) + 1;
  const end = 2 ** (first + count * width);
  const isOpen = groups.some(({ maxNanos }) => maxNanos > end);
  return {
    fromNanos: first === FIRST_STEP ? 0 : 2 ** first,
    toNanos: isOpen ? LAST_BUCKET_NANOS : end,
    isOpen,
    factor: 2 ** width,
    barsOf: ({ distribution }) => {
      const bars = new Array<number>(count).fill(0);
      for (const { fromNanos, count: spans } of distribution) {
        bars[Math.floor((stepOf(fromNanos) - first) / width)]! += spans;
      }
      return bars;
    },
  };
}

function stepOf(fromNanos: number): number {
  return fromNanos === 0 ? FIRST_STEP : Math.round(Math.log2(fromNanos));
}
