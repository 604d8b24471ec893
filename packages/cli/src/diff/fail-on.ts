import { InvalidArgumentError } from 'commander';
import type { Change, Comparison } from './compare.js';
import { METRICS, type Metric } from './metrics.js';

/** What a change must not exceed: `p95>20%`. */
export interface FailRule {
  /** As it was given. */
  readonly text: string;
  readonly metric: Metric;
  readonly limit: number;
  /** `ratio`: of the value before, as a part of 1. `nanos`: nanoseconds. `points`: of the share of errors, as a part of 1. */
  readonly unit: 'ratio' | 'nanos' | 'points';
}

export interface Failure {
  readonly rule: FailRule;
  readonly name: string;
  readonly change: Change;
}

const NANOS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9 };

const FORMS =
  `It must be one of ${METRICS.join(', ')}, then > and by how much it may rise: "p95>20%", "p99>50ms" ` +
  'or "errors>1%", which is one percentage point.';

const RULE = /^\s*(p50|p95|p99|errors)\s*>\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%|us|ms|s)\s*$/;

/** Reads a rule, and collects it with those before. */
export function failRule(text: string, before: readonly FailRule[] = []): FailRule[] {
  const [, metric, amount, unit = ''] = RULE.exec(text) ?? [];
  const nanos = NANOS[unit];
  if (metric === undefined || (metric === 'errors' && nanos !== undefined)) throw new InvalidArgumentError(FORMS);
  const rule = { text: text.trim(), metric: metric as Metric };
  if (nanos !== undefined) return [...before, { ...rule, limit: Number(amount) * nanos, unit: 'nanos' }];
  return [...before, { ...rule, limit: Number(amount) / 100, unit: metric === 'errors' ? 'points' : 'ratio' }];
}

/** Changes for the worse that exceed their limit. What chance may have made is none. */
export function findFailures(rules: readonly FailRule[], { both }: Comparison): Failure[] {
  return rules.flatMap((rule) =>
    both.flatMap(({ name, changes }) =>
      changes
        .filter((change) => change.metric === rule.metric && change.verdict === 'worse' && exceeds(rule, change))
        .map((change) => ({ rule, name, change })),
    ),
  );
}

/** Rules that no name has enough spans for: they pass, but say nothing. */
export function findIdleRules(rules: readonly FailRule[], { both }: Comparison): FailRule[] {
  return rules.filter(({ metric }) =>
    both.every(({ changes }) => changes.every((change) => change.metric !== metric || change.verdict === 'too few')),
  );
}

function exceeds({ limit, unit }: FailRule, { before, after }: Change): boolean {
  const rise = after - before;
  return unit === 'ratio' ? rise > limit * before : rise > limit;
}
