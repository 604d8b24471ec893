import type { Distributions, NameDistribution } from '@ferretjs/core/reader';
import { type DesignEffect, designEffect } from './design-effect.js';
import { correctForMany } from './holm.js';
import { METRICS, type Metric, QUANTILES } from './metrics.js';
import { type Buckets, quantileShift } from './quantile-shift.js';
import { shareShift } from './share-shift.js';
import { studentChance } from './student.js';

/** How one metric of one name changed. */
export interface Change {
  readonly metric: Metric;
  /** Nanoseconds; of `errors` a share of 1. */
  readonly before: number;
  readonly after: number;
  /**
   * `worse`, `better`: it differs by {@link LEAST_CHANGE} or more, and not by chance. `steady`: no such difference can be told.
   * `too few`: there are not enough spans to tell.
   */
  readonly verdict: 'worse' | 'better' | 'steady' | 'too few';
  /** How likely chance alone makes such a difference anywhere among all comparisons. */
  readonly chance: number;
}

/** A name on both sides. */
export interface Compared {
  readonly name: string;
  readonly before: NameDistribution;
  readonly after: NameDistribution;
  readonly changes: readonly Change[];
  /** The time that its spans took beyond what as many took before. */
  readonly extraNanos: number;
}

export interface Comparison {
  /** The most harmful first. */
  readonly both: readonly Compared[];
  /** Names on one side only. */
  readonly added: readonly NameDistribution[];
  readonly gone: readonly NameDistribution[];
  /** How many comparisons the confidence was shared between. */
  readonly tests: number;
}

/** The chance of any false alarm among all comparisons stays below this. */
export const ALARM_CHANCE = 0.01;

/** Differences below this part are not told: the percentiles themselves are right to 2 %. */
export const LEAST_CHANGE = 0.05;

/** A percentile is told from this many durations on either side of it; a share of errors from twice as many. */
const LEAST_BEYOND = 10;

interface Test {
  readonly metric: Metric;
  readonly before: number;
  readonly after: number;
  readonly isEnough: boolean;
  readonly chance: number;
}

/** Compares two sides name by name. */
export function compare(before: Distributions, after: Distributions): Comparison {
  const namesBefore = new Map(before.names.map((name) => [name.name, name]));
  const namesAfter = new Set(after.names.map(({ name }) => name));
  const pairs = after.names.flatMap((name) => {
    const other = namesBefore.get(name.name);
    return other === undefined ? [] : [{ before: other, after: name, tests: METRICS.map((m) => test(m, other, name)) }];
  });
  const counted = pairs.flatMap(({ tests }) => tests.filter(({ isEnough }) => isEnough));
  const corrected = new Map(
    correctForMany(counted.map(({ chance }) => chance)).map((chance, at) => [counted[at], chance]),
  );
  const both = pairs.map(({ before: one, after: other, tests }) => ({
    name: other.name,
    before: one,
    after: other,
    changes: tests.map((tested) => judge(tested, corrected.get(tested) ?? 1)),
    extraNanos: (average(other) - average(one)) * other.histogram.count,
  }));
  return {
    both: both.sort((a, b) => rankOf(a) - rankOf(b) || b.extraNanos - a.extraNanos),
    added: after.names.filter(({ name }) => !namesBefore.has(name)),
    gone: before.names.filter(({ name }) => !namesAfter.has(name)),
    tests: counted.length,
  };
}

/** Failures harm most, then time; what got better comes last. */
function rankOf({ changes }: Compared): number {
  const worse = changes.filter(({ verdict }) => verdict === 'worse');
  if (worse.some(({ metric }) => metric === 'errors')) return 0;
  if (worse.length > 0) return 1;
  return changes.some(({ verdict }) => verdict === 'better') ? 3 : 2;
}

function test(metric: Metric, before: NameDistribution, after: NameDistribution): Test {
  return metric === 'errors' ? testShare(before, after) : testQuantile(metric, before, after);
}

function testQuantile(metric: keyof typeof QUANTILES, before: NameDistribution, after: NameDistribution): Test {
  const quantile = QUANTILES[metric];
  const values = {
    metric,
    before: before.histogram.percentile(quantile * 100),
    after: after.histogram.percentile(quantile * 100),
  };
  const least = LEAST_BEYOND / Math.min(quantile, 1 - quantile);
  if (Math.min(before.histogram.count, after.histogram.count) < Math.round(least)) {
    return { ...values, isEnough: false, chance: 1 };
  }
  const [first, second] = [before.histogram.buckets(), after.histogram.buckets()];
  const border = pooledQuantile(first, second, quantile);
  const effect = designEffect(
    [before, after].map(({ parts }) =>
      parts.map(({ histogram }) => ({ count: histogram.count, hits: countBeyond(histogram.buckets(), border) })),
    ),
  );
  const sample = (buckets: Buckets, count: number) => ({ buckets, count, effectiveCount: count / effect.factor });
  const shift = quantileShift(sample(first, before.histogram.count), sample(second, after.histogram.count), quantile);
  return { ...values, isEnough: true, chance: eitherWay(shift, effect) };
}

function testShare(before: NameDistribution, after: NameDistribution): Test {
  const [countBefore, countAfter] = [before.histogram.count, after.histogram.count];
  const values = { metric: 'errors' as const, before: before.errors / countBefore, after: after.errors / countAfter };
  if (Math.min(countBefore, countAfter) < 2 * LEAST_BEYOND) return { ...values, isEnough: false, chance: 1 };
  const effect = designEffect(
    [before, after].map(({ parts }) => parts.map((part) => ({ count: part.histogram.count, hits: part.errors }))),
  );
  const shift = shareShift(
    { count: countBefore, hits: before.errors },
    { count: countAfter, hits: after.errors },
    effect.factor,
  );
  return { ...values, isEnough: true, chance: eitherWay(shift, effect) };
}

/** The chance of a difference in either direction. */
function eitherWay({ rise, fall }: { rise: number; fall: number }, { freedom }: DesignEffect): number {
  const chance = Math.min(rise, fall);
  return Math.min(2 * (Number.isFinite(freedom) ? studentChance(chance, freedom) : chance), 1);
}

function judge({ metric, before, after, isEnough }: Test, chance: number): Change {
  const isLarge = Math.abs(after - before) >= LEAST_CHANGE * before && after !== before;
  const isTold = isEnough && isLarge && chance <= ALARM_CHANCE;
  const verdict = isTold ? (after > before ? 'worse' : 'better') : isEnough ? 'steady' : 'too few';
  return { metric, before, after, verdict, chance };
}

/** The bucket that the quantile of both sides together lies in. */
function pooledQuantile(first: Buckets, second: Buckets, quantile: number): number {
  const all = [...first, ...second].sort(([one], [other]) => one - other);
  const rank = all.reduce((sum, [, count]) => sum + count, 0) * quantile;
  let below = 0;
  for (const [bucket, count] of all) {
    below += count;
    if (below >= rank) return bucket;
  }
  return 0;
}

function countBeyond(buckets: Buckets, border: number): number {
  return buckets.reduce((sum, [bucket, count]) => (bucket > border ? sum + count : sum), 0);
}

function average({ histogram }: NameDistribution): number {
  return histogram.sumNanos / histogram.count;
}
