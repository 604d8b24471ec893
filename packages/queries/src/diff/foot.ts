import { countOf, formatPercent } from '../words/numbers.js';
import { ALARM_CHANCE, CONFIDENCE, type Comparison, type Verdict } from './compare.js';
import { LEAST_CHANGE, LEAST_PARTS, LEAST_POINTS } from './question.js';
import { LARGEST_DRIFT } from './wander.js';

/** The meanings of verdicts, true of every metric that has them. */
export const MEANINGS: Readonly<Record<Exclude<Verdict, 'worse' | 'better'>, string>> = {
  steady:
    `steady: within ${LEAST_CHANGE * 100} %, or ${LEAST_POINTS * 100} percentage points of errors, ` +
    `with ${CONFIDENCE * 100} % confidence`,
  unclear:
    'unclear: neither a change nor that there is none can be told from chance, or from how the level wanders; ' +
    'more spans and longer sides tell more',
  'too few': '?, too few: too few spans on a side; p50 and errors take 20, p95 200, p99 1,000',
  'too short': `?, too short: the spans of a side lie in less than ${LEAST_PARTS} moments; a longer load tells`,
};

/** The lines below the table: what the verdicts in it mean, and what they rest on. */
export function footOf({ both, tests }: Comparison): string[] {
  const changes = both.flatMap((compared) => compared.changes);
  const wandering = both.filter((compared) => compared.changes.some(({ wanders }) => wanders)).length;
  const meanings = Object.entries(MEANINGS).filter(([verdict]) => changes.some((change) => change.verdict === verdict));
  return [
    `${countOf(tests, 'comparison')}, with at most ${formatPercent(ALARM_CHANCE)} chance of any false alarm among them, ` +
      `if levels move faster than a side lasts; ${describeCheck(both.length, wandering)}`,
    ...meanings.map(([, meaning]) => meaning),
  ];
}

function describeCheck(names: number, wandering: number): string {
  if (wandering === 0) return 'checked: no level was seen to wander';
  return (
    `checked: ${wandering === names ? 'the level of every name' : `that of ${countOf(wandering, 'name')}`} wandered, ` +
    `where only a change of ${LARGEST_DRIFT} times as much is told`
  );
}
