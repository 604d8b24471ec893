import type { NameDistribution } from '@ferretjs/core/reader';
import { countBeyond, pooledQuantile } from './buckets.js';
import { type DesignEffect, designEffect } from './design-effect.js';
import type { Metric } from './fail-rule.js';
import { quantileShift, type Shift } from './quantile-shift.js';
import { shareBeyond, shareShift } from './share-shift.js';

/** Differences below this part are not told: the percentiles themselves are right to 2 %. */
export const LEAST_CHANGE = 0.05;

/** A share of errors is steady within half a percentage point, as 5 % of a small share could never be told. */
export const LEAST_POINTS = 0.005;

/** A percentile is told from this many durations on either side of it; a share of errors from twice as many. */
const LEAST_BEYOND = 10;

/** In fewer moments a job may have had a bad one: how much it varies by itself is unknown. */
export const LEAST_PARTS = 3;

/** The question about one metric of one name. */
export interface Question {
  readonly metric: Metric;
  readonly before: number;
  readonly after: number;
  /** Or why there is none. */
  readonly evidence: Evidence | 'too few' | 'too short';
}

export type Told = Question & { readonly evidence: Evidence };

export function isTold(question: Question): question is Told {
  return typeof question.evidence !== 'string';
}

export interface Evidence {
  readonly effect: DesignEffect;
  /** @param factor by which the spans count for less than as many independent ones. */
  shift(factor: number): Shift;
  /** The chances of a change of {@link LEAST_CHANGE} or more: of a fall, and of a rise. */
  beyond(factor: number): readonly [number, number];
}

export function ask(metric: Metric, before: NameDistribution, after: NameDistribution): Question {
  return metric === 'errors' ? askShare(before, after) : askQuantile(metric, before, after);
}

function askQuantile(metric: keyof typeof QUANTILES, before: NameDistribution, after: NameDistribution): Question {
  const quantile = QUANTILES[metric];
  const [first, second] = [before.histogram, after.histogram];
  const values = { metric, before: first.percentile(quantile * 100), after: second.percentile(quantile * 100) };
  const missing = whatIsMissing(metric, before, after);
  if (missing !== undefined) return { ...values, evidence: missing };
  const [bucketsBefore, bucketsAfter] = [first.buckets(), second.buckets()];
  const border = pooledQuantile(bucketsBefore, bucketsAfter, quantile);
  const effect = designEffect(
    [before, after].map(({ parts }) =>
      parts.map(({ histogram }) => ({ count: histogram.count, hits: countBeyond(histogram.buckets(), border) })),
    ),
  );
  const shift = (factor: number, margin = 0) =>
    quantileShift(
      { buckets: bucketsBefore, count: first.count, effectiveCount: first.count / factor },
      { buckets: bucketsAfter, count: second.count, effectiveCount: second.count / factor },
      quantile,
      margin,
    );
  const beyond = (factor: number) => {
    const { rise, fall } = shift(factor, Math.log1p(LEAST_CHANGE));
    return [1 - fall, 1 - rise] as const;
  };
  return { ...values, evidence: { effect, shift, beyond } };
}

function askShare(before: NameDistribution, after: NameDistribution): Question {
  const first = { count: before.histogram.count, hits: before.errors };
  const second = { count: after.histogram.count, hits: after.errors };
  const values = { metric: 'errors' as const, before: first.hits / first.count, after: second.hits / second.count };
  const missing = whatIsMissing('errors', before, after);
  if (missing !== undefined) return { ...values, evidence: missing };
  const effect = designEffect(
    [before, after].map(({ parts }) => parts.map((part) => ({ count: part.histogram.count, hits: part.errors }))),
  );
  const margin = Math.max(LEAST_POINTS, LEAST_CHANGE * values.before);
  return {
    ...values,
    evidence: {
      effect,
      shift: (factor) => shareShift(first, second, factor),
      beyond: (factor) => shareBeyond(first, second, factor, margin),
    },
  };
}

/** The least number of spans on either side from which a metric can be told. */
export function leastCount(metric: Metric): number {
  if (metric === 'errors') return 2 * LEAST_BEYOND;
  const quantile = QUANTILES[metric];
  return Math.round(LEAST_BEYOND / Math.min(quantile, 1 - quantile));
}

function whatIsMissing(metric: Metric, ...sides: readonly NameDistribution[]): 'too few' | 'too short' | undefined {
  if (sides.some(({ histogram }) => histogram.count < leastCount(metric))) return 'too few';
  return sides.some(({ parts }) => parts.length < LEAST_PARTS) ? 'too short' : undefined;
}

/** Percentiles, as parts of 1. */
export const QUANTILES: Readonly<Record<Exclude<Metric, 'errors'>, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };
