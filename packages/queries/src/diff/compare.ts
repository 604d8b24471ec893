import type { Distributions, NameDistribution } from '@ferretjs/core/reader';
import { correctForMany, studentChance } from './chances.js';
import { METRICS, type Metric } from './fail-rule.js';
import { moderation } from './moderation.js';
import { ask, isTold, LEAST_CHANGE, type Question } from './question.js';
import { driftsOf, logarithmsOf, type PartSums } from './wander.js';

/**
 * The verdicts on a change:
 * - `worse`, `better`: it is {@link LEAST_CHANGE} or more, made neither by chance nor by a level that wanders.
 * - `steady`: with {@link CONFIDENCE} it is less than that, or `LEAST_POINTS` of a share of errors.
 * - `unclear`: neither can be told.
 * - `too few`: there are too few spans to tell.
 * - `too short`: they are of too few moments to tell how much the name varies by itself.
 */
export const VERDICTS = ['worse', 'better', 'steady', 'unclear', 'too few', 'too short'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** The change of one metric of one name. */
export interface Change {
  readonly metric: Metric;
  /** Nanoseconds; of `errors` a share of 1. */
  readonly before: number;
  readonly after: number;
  readonly verdict: Verdict;
  /** The chance that such a difference arises without a cause anywhere among all comparisons. */
  readonly chance: number;
  /** Whether the level of the name wanders, so that only a far larger change would be told. */
  readonly wanders: boolean;
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
  /** The number of comparisons that the confidence is shared between. */
  readonly tests: number;
}

/** The chance of any false alarm among all comparisons stays below this. */
export const ALARM_CHANCE = 0.001;

/** The confidence of the verdict `steady`. */
export const CONFIDENCE = 0.95;

/** The certainty of an answer. */
interface Certainty {
  readonly chance: number;
  readonly isSteady: boolean;
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
  const sides = pairs.map(({ before: one, after: other }) => [one.parts, other.parts]);
  const latencies = driftsOf(sides.map((each) => each.map((parts) => parts.map(latencySums))));
  const errors = driftsOf(sides.map((each) => each.map((parts) => parts.map(errorSums))));
  const movementOf = (metric: Metric) => (metric === 'errors' ? errors : latencies);
  const certainties = certaintiesOf(
    pairs.flatMap(({ questions }) => questions),
    (metric) => movementOf(metric).isCommon,
  );
  const both = pairs.map(({ before: one, after: other, questions }, at) => ({
    name: other.name,
    before: one,
    after: other,
    changes: questions.map((question) =>
      judge(question, certainties.get(question), movementOf(question.metric).drifts[at] ?? 0),
    ),
    extraNanos: (average(other) - average(one)) * other.histogram.count,
  }));
  return {
    both: both.sort((a, b) => rankOf(a) - rankOf(b) || b.extraNanos - a.extraNanos),
    added: after.names.filter(({ name }) => !namesBefore.has(name)),
    gone: before.names.filter(({ name }) => !namesAfter.has(name)),
    tests: certainties.size,
  };
}

type Part = NameDistribution['parts'][number];

function latencySums({ histogram }: Part): PartSums {
  return logarithmsOf(histogram.buckets());
}

function errorSums({ histogram, errors }: Part): PartSums {
  return { count: histogram.count, sum: errors, squares: errors };
}

/** The certainty of every question that has evidence. Chances are corrected for the number of questions. */
function certaintiesOf(
  questions: readonly Question[],
  isCommon: (metric: Metric) => boolean,
): Map<Question, Certainty> {
  const certainties = new Map<Question, Certainty>();
  for (const metric of METRICS) {
    const told = questions.filter((question) => question.metric === metric).filter(isTold);
    const moderate = moderation(
      told.map(({ evidence }) => evidence.effect),
      isCommon(metric),
    );
    for (const question of told) {
      const effect = moderate(question.evidence.effect);
      const student = (chance: number) =>
        Number.isFinite(effect.freedom) ? studentChance(chance, effect.freedom) : chance;
      const { rise, fall } = question.evidence.shift(effect.factor);
      const isSteady = question.evidence
        .beyond(effect.factor)
        .every((chance) => student(chance) <= (1 - CONFIDENCE) / 2);
      certainties.set(question, { chance: Math.min(2 * student(Math.min(rise, fall)), 1), isSteady });
    }
  }
  const corrected = correctForMany([...certainties.values()].map(({ chance }) => chance));
  return new Map(
    [...certainties].map(([question, { isSteady }], at) => [question, { isSteady, chance: corrected[at] ?? 1 }]),
  );
}

/** Failures harm most, then time; what got better comes last. */
function rankOf({ changes }: Compared): number {
  const worse = changes.filter(({ verdict }) => verdict === 'worse');
  if (worse.some(({ metric }) => metric === 'errors')) return 0;
  if (worse.length > 0) return 1;
  return changes.some(({ verdict }) => verdict === 'better') ? 3 : 2;
}

/**
 * @param certainty undefined where nothing can be told
 * @param drift by how much the level may differ because it wanders
 */
function judge({ metric, before, after, evidence }: Question, certainty: Certainty | undefined, drift: number): Change {
  if (typeof evidence === 'string' || certainty === undefined) {
    const verdict = typeof evidence === 'string' ? evidence : 'unclear';
    return { metric, before, after, verdict, chance: 1, wanders: false };
  }
  const size = metric === 'errors' ? Math.abs(after - before) : Math.abs(Math.log(after / before));
  const isLarge = Math.abs(after - before) >= LEAST_CHANGE * before && after !== before;
  const isChange = isLarge && certainty.chance <= ALARM_CHANCE && size > drift;
  const isSteady = certainty.isSteady && drift === 0;
  const verdict = isChange ? (after > before ? 'worse' : 'better') : isSteady ? 'steady' : 'unclear';
  return { metric, before, after, verdict, chance: certainty.chance, wanders: drift > 0 };
}

function average({ histogram }: NameDistribution): number {
  return histogram.sumNanos / histogram.count;
}
