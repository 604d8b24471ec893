import type { Distributions, NameDistribution } from '@ferretjs/core/reader';
import { type DesignEffect, designEffect } from './design-effect.js';
import { correctForMany } from './holm.js';
import { METRICS, type Metric, QUANTILES } from './metrics.js';
import { moderation } from './moderation.js';
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
   * `too few`: there are not enough spans to tell, or they are of too few moments.
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
export const ALARM_CHANCE = 0.001;

/** Differences below this part are not told: the percentiles themselves are right to 2 %. */
export const LEAST_CHANGE = 0.05;

/** A percentile is told from this many durations on either side of it; a share of errors from twice as many. */
const LEAST_BEYOND = 10;

/** In fewer parts of the time, nobody knows how much a name varies by itself: a job that ran once may have had a bad moment. */
const LEAST_PARTS = 3;

/** What is asked of one metric of one name. */
interface Question {
  readonly metric: Metric;
  readonly before: number;
  readonly after: number;
  /** Absent where there is not enough to tell. */
  readonly evidence?: Evidence;
}

type Told = Question & { readonly evidence: Evidence };

function isTold(question: Question): question is Told {
  return question.evidence !== undefined;
}

interface Evidence {
  readonly effect: DesignEffect;
  /** @param factor by which the spans count for less than as many independent ones. */
  shift(factor: number): { rise: number; fall: number };
}

/** Compares two sides name by name. */
export function compare(before: Distributions, after: Distributions): Comparison {
  const namesBefore = new Map(before.names.map((name) => [name.name, name]));
  const namesAfter = new Set(after.names.map(({ name }) => name));
  const pairs = after.names.flatMap((name) => {
    const other = namesBefore.get(name.name);
    if (other === undefined) return [];
    return [{ before: other, after: name, questions: METRICS.map((metric) => ask(metric, other, name)) }];
  });
  const chances = chancesOf(pairs.flatMap(({ questions }) => questions));
  const both = pairs.map(({ before: one, after: other, questions }) => ({
    name: other.name,
    before: one,
    after: other,
    changes: questions.map((question) => judge(question, chances.get(question))),
    extraNanos: (average(other) - average(one)) * other.histogram.count,
  }));
  return {
    both: both.sort((a, b) => rankOf(a) - rankOf(b) || b.extraNanos - a.extraNanos),
    added: after.names.filter(({ name }) => !namesBefore.has(name)),
    gone: before.names.filter(({ name }) => !namesAfter.has(name)),
    tests: chances.size,
  };
}

/** How likely chance alone makes such differences, of all that can be told; corrected for how many were asked. */
function chancesOf(questions: readonly Question[]): Map<Question, number> {
  const chances = new Map<Question, number>();
  for (const metric of METRICS) {
    const told = questions.filter((question) => question.metric === metric).filter(isTold);
    const moderate = moderation(told.map(({ evidence }) => evidence.effect));
    for (const question of told) {
      const effect = moderate(question.evidence.effect);
      chances.set(question, eitherWay(question.evidence.shift(effect.factor), effect));
    }
  }
  const corrected = correctForMany([...chances.values()]);
  return new Map([...chances.keys()].map((question, at) => [question, corrected[at] ?? 1]));
}

/** Failures harm most, then time; what got better comes last. */
function rankOf({ changes }: Compared): number {
  const worse = changes.filter(({ verdict }) => verdict === 'worse');
  if (worse.some(({ metric }) => metric === 'errors')) return 0;
  if (worse.length > 0) return 1;
  return changes.some(({ verdict }) => verdict === 'better') ? 3 : 2;
}

function ask(metric: Metric, before: NameDistribution, after: NameDistribution): Question {
  return metric === 'errors' ? askShare(before, after) : askQuantile(metric, before, after);
}

function askQuantile(metric: keyof typeof QUANTILES, before: NameDistribution, after: NameDistribution): Question {
  const quantile = QUANTILES[metric];
  const [first, second] = [before.histogram, after.histogram];
  const values = { metric, before: first.percentile(quantile * 100), after: second.percentile(quantile * 100) };
  const least = LEAST_BEYOND / Math.min(quantile, 1 - quantile);
  if (Math.min(first.count, second.count) < Math.round(least) || areOfFewMoments(before, after)) return values;
  const border = pooledQuantile(first.buckets(), second.buckets(), quantile);
  const effect = designEffect(
    [before, after].map(({ parts }) =>
      parts.map(({ histogram }) => ({ count: histogram.count, hits: countBeyond(histogram.buckets(), border) })),
    ),
  );
  const sample = (histogram: NameDistribution['histogram'], factor: number) => ({
    buckets: histogram.buckets(),
    count: histogram.count,
    effectiveCount: histogram.count / factor,
  });
  const shift = (factor: number) => quantileShift(sample(first, factor), sample(second, factor), quantile);
  return { ...values, evidence: { effect, shift } };
}

function askShare(before: NameDistribution, after: NameDistribution): Question {
  const first = { count: before.histogram.count, hits: before.errors };
  const second = { count: after.histogram.count, hits: after.errors };
  const values = { metric: 'errors' as const, before: first.hits / first.count, after: second.hits / second.count };
  if (Math.min(first.count, second.count) < 2 * LEAST_BEYOND || areOfFewMoments(before, after)) return values;
  const effect = designEffect(
    [before, after].map(({ parts }) => parts.map((part) => ({ count: part.histogram.count, hits: part.errors }))),
  );
  return { ...values, evidence: { effect, shift: (factor) => shareShift(first, second, factor) } };
}

function areOfFewMoments(...sides: readonly NameDistribution[]): boolean {
  return sides.some(({ parts }) => parts.length < LEAST_PARTS);
}

/** The chance of a difference in either direction. */
function eitherWay({ rise, fall }: { rise: number; fall: number }, { freedom }: DesignEffect): number {
  const chance = Math.min(rise, fall);
  return Math.min(2 * (Number.isFinite(freedom) ? studentChance(chance, freedom) : chance), 1);
}

/** @param chance undefined where it cannot be told. */
function judge({ metric, before, after }: Question, chance: number | undefined): Change {
  const isLarge = Math.abs(after - before) >= LEAST_CHANGE * before && after !== before;
  if (chance === undefined) return { metric, before, after, verdict: 'too few', chance: 1 };
  const isChange = isLarge && chance <= ALARM_CHANCE;
  return { metric, before, after, verdict: isChange ? (after > before ? 'worse' : 'better') : 'steady', chance };
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
