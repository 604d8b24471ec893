import { countOf, formatChange, formatCount, formatPercent } from '../words/numbers.js';
import type { Change, Compared, Comparison } from './compare.js';
import type { FailRule } from './fail-rule.js';
import { LEAST_PARTS, leastCount } from './question.js';

export interface Failure {
  readonly rule: FailRule;
  readonly name: string;
  readonly change: Change;
}

/** Why a rule could not be judged for a name. */
export interface Unjudged {
  readonly name: string;
  readonly reason: string;
}

/** The result of a rule: every name on both sides is in one of the three lists. */
export interface Judgement {
  readonly rule: FailRule;
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
  readonly unjudged: readonly Unjudged[];
}

/**
 * Judges each rule for each name on both sides. It fails for changes for the worse that exceed its limit. It is not
 * judged where the metric cannot be told, or has risen beyond the limit but perhaps by chance; nor for a name that had
 * enough spans and is gone.
 */
export function judgeRules(rules: readonly FailRule[], { both, gone }: Comparison): Judgement[] {
  return rules.map((rule) => {
    const passed: string[] = [];
    const failed: Failure[] = [];
    const unjudged: Unjudged[] = [];
    for (const compared of both) {
      const { name } = compared;
      const change = compared.changes.find(({ metric }) => metric === rule.metric);
      const reason = change === undefined ? 'not compared' : whyUnjudged(rule, change, compared);
      if (reason !== undefined) unjudged.push({ name, reason });
      else if (change?.verdict === 'worse' && exceeds(rule, change)) failed.push({ rule, name, change });
      else passed.push(name);
    }
    // A rare name may be missing by chance. A gate that saw nothing else has judged nothing.
    const missing = gone.filter(({ histogram }) => both.length === 0 || histogram.count >= leastCount(rule.metric));
    unjudged.push(...missing.map(({ name }) => ({ name, reason: 'no span after' })));
    return { rule, passed, failed, unjudged };
  });
}

function whyUnjudged(rule: FailRule, change: Change, { before, after }: Compared): string | undefined {
  if (change.verdict === 'too few') {
    const count = Math.min(before.histogram.count, after.histogram.count);
    return `${countOf(count, 'span')}; ${change.metric} takes ${formatCount(leastCount(change.metric))}`;
  }
  if (change.verdict === 'too short') {
    const moments = Math.min(before.parts.length, after.parts.length);
    return `spans in ${countOf(moments, 'moment')}; it takes ${LEAST_PARTS}`;
  }
  if (change.verdict !== 'unclear' || !exceeds(rule, change)) return undefined;
  return `${describeRise(change)}, perhaps ${change.wanders ? 'as its level wanders' : 'by chance'}`;
}

/** `+50 %`; of errors in percentage points. */
export function describeRise({ metric, before, after }: Change): string {
  return metric === 'errors' ? `+${formatPercent(after - before, 3)} points` : formatChange(after / before - 1);
}

function exceeds({ limit, unit }: FailRule, { before, after }: Change): boolean {
  const rise = after - before;
  return unit === 'ratio' ? rise > limit * before : rise > limit;
}
