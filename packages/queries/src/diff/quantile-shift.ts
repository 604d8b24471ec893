import { type Buckets, logarithmOf } from './buckets.js';
import { incompleteBeta } from './incomplete-beta.js';

export interface Sample {
  readonly buckets: Buckets;
  readonly count: number;
  /** As many independent durations would tell as much; `count` or less. */
  readonly effectiveCount: number;
}

/** The chance of a difference that looks like a rise, or like a fall, where there is none. */
export interface Shift {
  readonly rise: number;
  readonly fall: number;
}

/**
 * The chance that two samples differ as much where in truth the quantile of the second is not larger (`rise`) or not
 * smaller (`fall`).
 *
 * By the bootstrap without resampling: the quantile of a resample is the value at a Beta((n + 1) p, (n + 1) (1 - p))
 * distributed part of the sample (Harrell and Davis 1982, A new distribution-free quantile estimator, Biometrika 69),
 * so the chance of every value is known exactly, and the result depends on no seed. Of two values in one bucket either
 * is the larger one as likely.
 *
 * @param margin in logarithms: how likely they differ as much where the second is not larger or smaller by more than
 * this
 */
export function quantileShift(before: Sample, after: Sample, quantile: number, margin = 0): Shift {
  const first = quantileChances(before, quantile);
  const second = quantileChances(after, quantile);
  return { rise: chanceOfNotMore(first, second, margin), fall: chanceOfNotMore(second, first, margin) };
}

/** The chance of each bucket to hold the quantile. */
function quantileChances({ buckets, count, effectiveCount }: Sample, quantile: number): [number, number][] {
  const a = (effectiveCount + 1) * quantile;
  const b = (effectiveCount + 1) * (1 - quantile);
  const chances: [number, number][] = [];
  let below = 0;
  let chanceBelow = 0;
  for (const [bucket, counted] of buckets) {
    below += counted;
    const chance = incompleteBeta(below / count, a, b);
    if (chance > chanceBelow) chances.push([bucket, chance - chanceBelow]);
    chanceBelow = chance;
  }
  return chances;
}

/** The chance that a value of `other` is at most one of `one` with the margin. */
function chanceOfNotMore(one: readonly [number, number][], other: readonly [number, number][], margin: number): number {
  let chance = 0;
  let otherBelow = 0;
  let at = 0;
  for (const [bucket, here] of one) {
    const most = logarithmOf(bucket) + margin;
    for (let next = other[at]; next !== undefined && logarithmOf(next[0]) < most; next = other[at]) {
      otherBelow += next[1];
      at += 1;
    }
    const next = other[at];
    const alike = next !== undefined && logarithmOf(next[0]) === most ? next[1] : 0;
    chance += here * (otherBelow + alike / 2);
  }
  return Math.min(chance, 1);
}
