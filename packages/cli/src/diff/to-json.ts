import type { NameDistribution } from '@ferretjs/core/reader';
import { runToJson } from '../format/run.js';
import { formatIsoTime } from '../format/time.js';
import { ALARM_CHANCE, type Change, type Comparison, LEAST_CHANGE } from './compare.js';
import type { Failure } from './fail-on.js';
import type { ReportSide } from './report.js';

/** The whole comparison for machines: times in nanoseconds, shares as parts of 1. */
export function comparisonToJson(
  before: ReportSide,
  after: ReportSide,
  comparison: Comparison,
  failures: readonly Failure[],
  limit: number,
): object {
  return {
    before: sideToJson(before),
    after: sideToJson(after),
    falseAlarmChance: ALARM_CHANCE,
    leastChange: LEAST_CHANGE,
    comparisons: comparison.tests,
    names: comparison.both.slice(0, limit).map((compared) => ({
      name: compared.name,
      extraNanos: Math.round(compared.extraNanos),
      countBefore: compared.before.histogram.count,
      countAfter: compared.after.histogram.count,
      changes: compared.changes.map(changeToJson),
    })),
    added: comparison.added.map(nameToJson),
    gone: comparison.gone.map(nameToJson),
    failed: failures.map(({ rule, name, change }) => ({ rule: rule.text, name, ...changeToJson(change) })),
  };
}

function sideToJson({ side, distributions }: ReportSide): object {
  return {
    asked: side.text,
    run: side.run === undefined ? null : { ...runToJson(side.run), ledger: side.run.ledger },
    since: side.since === undefined ? null : formatIsoTime(side.since),
    until: side.until === undefined ? null : formatIsoTime(side.until),
    basis: distributions.basis,
    leftOut: distributions.leftOut,
  };
}

function changeToJson({ metric, before, after, verdict, chance }: Change): object {
  return { metric, before, after, change: before === 0 ? null : after / before - 1, verdict, chance };
}

function nameToJson({ name, histogram, errors }: NameDistribution): object {
  return { name, count: histogram.count, errors };
}
