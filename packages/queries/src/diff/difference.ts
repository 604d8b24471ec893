import type { Ledger, NameDistribution } from '@ferretjs/core/reader';
import type { Source } from '../analyze/names.js';
import { QueryError } from '../query-error.js';
import { describeLosses } from '../runs/losses.js';
import { type RunSummary, summaryOf } from '../runs/run.js';
import { formatIsoTime } from '../words/time.js';
import { ALARM_CHANCE, type Change, compare } from './compare.js';
import { type Failure, judgeRules, type Unjudged } from './fail-on.js';
import type { FailRule } from './fail-rule.js';
import { footOf } from './foot.js';
import { LEAST_CHANGE } from './question.js';
import { findSides, type ReadSide, type Side, type SideSource } from './side.js';

/** The changes between two sides: times in nanoseconds, shares as parts of 1. */
export interface Difference {
  readonly before: SideSummary;
  readonly after: SideSummary;
  /** The chance of any false alarm among all comparisons. */
  readonly falseAlarmChance: number;
  /** Smaller changes are not told, as a part of 1. */
  readonly leastChange: number;
  /** The number of comparisons that the confidence is shared between. */
  readonly comparisons: number;
  /** The number of names on both sides, before `limit`. */
  readonly nameCount: number;
  /** Names on both sides, the most harmful change first. */
  readonly names: readonly ComparedName[];
  /** Names on one side only. */
  readonly added: readonly OneSidedName[];
  readonly gone: readonly OneSidedName[];
  /** Changes that broke a rule. */
  readonly failed: readonly FailedChange[];
  readonly rules: readonly RuleResult[];
  /** The meaning of the verdicts that occur, and the evidence they rest on, a line each. */
  readonly notes: readonly string[];
}

/** A run, or a time over all runs. */
export interface SideSummary {
  /** As it was asked for. */
  readonly asked: string;
  readonly run: (RunSummary & { readonly ledger: Ledger }) | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly source: Source;
  /** The number of spans that were compared. */
  readonly spans: number;
  /** Spans of further names, where there are more than 2,000. */
  readonly leftOut: number;
  /** Spans of the run that are not in the store, a line a reason. */
  readonly missing: readonly string[];
}

export interface ComparedName {
  readonly name: string;
  /** The time that its spans took beyond that of as many before. */
  readonly extraNanos: number;
  readonly countBefore: number;
  readonly countAfter: number;
  readonly changes: readonly ChangeSummary[];
}

/** The change of one metric of one name. */
export interface ChangeSummary extends Change {
  /** As a part of the value before; `null` where that is 0. */
  readonly change: number | null;
}

export interface OneSidedName {
  readonly name: string;
  readonly count: number;
  readonly errors: number;
}

export interface FailedChange extends ChangeSummary {
  readonly rule: string;
  readonly name: string;
}

/** A rule, and the names that passed it, failed it, or could not be judged. */
export interface RuleResult {
  readonly rule: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly unjudged: readonly Unjudged[];
}

/**
 * Reads the durations of both sides.
 *
 * @throws QueryError `RUN_NOT_FOUND`, `INVALID_OPTION`: also for a side without spans, from which nothing would differ.
 */
export async function readSides(before: SideSource, after: SideSource): Promise<{ before: ReadSide; after: ReadSide }> {
  const sides = await findSides(before, after);
  const read = {
    before: { side: sides.before, distributions: await before.reader.distributions(optionsOf(sides.before)) },
    after: { side: sides.after, distributions: await after.reader.distributions(optionsOf(sides.after)) },
  };
  for (const { side, distributions } of [read.before, read.after]) {
    if (distributions.names.length > 0) continue;
    throw new QueryError('INVALID_OPTION', `There is no span in ${side.text}: nothing to compare.`);
  }
  return read;
}

/**
 * Compares two sides, and judges the rules. It computes on the calling thread, some milliseconds a name.
 *
 * @param limit the most names in `names`; all by default. Every name is compared and judged.
 */
export function compareSides(
  { before, after }: { readonly before: ReadSide; readonly after: ReadSide },
  rules: readonly FailRule[] = [],
  limit = Number.POSITIVE_INFINITY,
): Difference {
  const comparison = compare(before.distributions, after.distributions);
  const judgements = judgeRules(rules, comparison);
  return {
    before: summaryOfSide(before),
    after: summaryOfSide(after),
    falseAlarmChance: ALARM_CHANCE,
    leastChange: LEAST_CHANGE,
    comparisons: comparison.tests,
    nameCount: comparison.both.length,
    names: comparison.both.slice(0, limit).map((compared) => ({
      name: compared.name,
      extraNanos: Math.round(compared.extraNanos),
      countBefore: compared.before.histogram.count,
      countAfter: compared.after.histogram.count,
      changes: compared.changes.map(summaryOfChange),
    })),
    added: comparison.added.map(summaryOfName),
    gone: comparison.gone.map(summaryOfName),
    failed: judgements.flatMap(({ failed }) => failed.map(failedChange)),
    rules: judgements.map(({ rule, passed, failed, unjudged }) => ({
      rule: rule.text,
      passed,
      failed: failed.map(({ name }) => name),
      unjudged,
    })),
    notes: footOf(comparison),
  };
}

function optionsOf({ run, since, until }: Side) {
  return {
    ...(run !== undefined && { runId: run.runId }),
    ...(since !== undefined && { sinceMicros: since }),
    ...(until !== undefined && { untilMicros: until }),
  };
}

function summaryOfSide({ side, distributions }: ReadSide): SideSummary {
  const { text, run, since, until } = side;
  return {
    asked: text,
    run: run === undefined ? null : { ...summaryOf(run), ledger: run.ledger },
    since: since === undefined ? null : formatIsoTime(since),
    until: until === undefined ? null : formatIsoTime(until),
    source: distributions.source,
    spans: distributions.names.reduce((sum, { histogram }) => sum + histogram.count, 0),
    leftOut: distributions.leftOut,
    missing: run === undefined ? [] : describeLosses(run.processes, run.ledger),
  };
}

function failedChange({ rule, name, change }: Failure): FailedChange {
  return { rule: rule.text, name, ...summaryOfChange(change) };
}

function summaryOfChange({ metric, before, after, verdict, chance, wanders }: Change): ChangeSummary {
  return { metric, before, after, change: before === 0 ? null : after / before - 1, verdict, chance, wanders };
}

function summaryOfName({ name, histogram, errors }: NameDistribution): OneSidedName {
  return { name, count: histogram.count, errors };
}
