import { incompleteBeta } from './incomplete-beta.js';

/** Pairs of a bucket's number and how many durations fell into it, in order. */
export type Buckets = readonly (readonly [bucket: number, count: number])[];

export interface Sample {
  readonly buckets: Buckets;
  readonly count: number;
  /** As many independent durations would tell as much; `count` or less. */
  readonly effectiveCount: number;
}

/**
 * How likely two samples differ as much by chance, where in truth the quantile of the second is not larger (`rise`) or not
 * smaller (`fall`).
 *
 * By the bootstrap without resampling: the quantile of a resample is the value at a Beta((n + 1) p, (n + 1) (1 - p)) distributed
 * part of the sample (Harrell and Davis 1982, A new distribution-free quantile estimator, Biometrika 69), so the chance of
 * every value is known exactly, and the result depends on no seed. Values in one bucket count as equal, which is on the safe side.
 */
export function quantileShift(before: Sample, after: Sample, quantile: number): { rise: number; fall: number } {
  const first = quantileChances(before, quantile);
  const second = quantileChances(after, quantile);
  return { rise: chanceOfNotMore(first, second), fall: chanceOfNotMore(second, first) };
}

/** How likely the quantile lies in each of the buckets. */
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

/** The chance that a value of `other` is at most one of `one`. */
function chanceOfNotMore(one: readonly [number, number][], other: readonly [number, number][]): number {
  let chance = 0;
  let otherBelow = 0;
  let at = 0;
  for (const [bucket, here] of one) {
    for (let next = other[at]; next !== undefined && next[0] <= bucket; next = other[at]) {
      otherBelow += next[1];
      at += 1;
    }
    chance += here * otherBelow;
  }
  return Math.min(chance, 1);
}
