import type { FailRule, SideRequest } from '@ferretjs/queries/diff';
import { METRICS, parseFailRule } from '@ferretjs/queries/words';
import { InvalidArgumentError } from 'commander';
import { parseTimeBound } from './time-bound.js';

/** Reads `<run>`, or `<from>..<to>` of two times of which one may be left out. */
export function sideRequest(text: string): SideRequest {
  const [from, to, ...rest] = text.split('..');
  if (from === undefined || to === undefined || rest.length > 0 || (from === '' && to === '')) {
    return { kind: 'run', text };
  }
  const now = Date.now();
  const [since, until] = [from, to].map((bound) => (bound === '' ? undefined : parseTimeBound(bound, now)));
  if ((from !== '' && since === undefined) || (to !== '' && until === undefined)) return { kind: 'run', text };
  if (since !== undefined && until !== undefined && since >= until) {
    throw new InvalidArgumentError('The first time must be earlier than the second.');
  }
  return { kind: 'range', text, ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

const FORMS =
  `It must be one of ${METRICS.join(', ')}, then > and by how much it may rise: "p95>20%", "p99>50ms" ` +
  'or "errors>1%", which is one percentage point.';

/** Reads a rule of `--fail-on`, and collects it with those before. A rule that is given twice counts once. */
export function failRule(text: string, before: readonly FailRule[] = []): FailRule[] {
  const rule = parseFailRule(text);
  if (rule === undefined) throw new InvalidArgumentError(FORMS);
  return [...before.filter(({ text }) => text !== rule.text), rule];
}
