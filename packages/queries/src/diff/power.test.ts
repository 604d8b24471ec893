import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import type { Metric } from './fail-rule.js';
import { type Level, randomFrom, sideOf, wandering } from './load.fixture.js';

const NAMES = 10;
const CHANGED = 3;

interface Rise {
  readonly count: number;
  readonly factor?: number;
  readonly errorShare?: number;
}

/** The part of the names that got worse that is told, by metric: 3 of 10 names changed. */
function found(runs: number, rise: Rise): (metric: Metric) => number {
  const told = new Map<Metric, number>();
  for (let seed = 1; seed <= runs; seed++) {
    const random = randomFrom(seed);
    const side = (changed: Omit<Rise, 'count'>) =>
      sideOf(
        random,
        Array.from({ length: NAMES }, (_, at) => ({ count: rise.count, ...(at < CHANGED && changed) })),
      );
    const { both } = compare(side({}), side(rise));
    for (const { name, changes } of both) {
      if (Number(name.slice('GET /'.length)) >= CHANGED) continue;
      for (const { metric, verdict } of changes) {
        if (verdict === 'worse') told.set(metric, (told.get(metric) ?? 0) + 1);
      }
    }
  }
  return (metric) => (told.get(metric) ?? 0) / (runs * CHANGED);
}

describe('R6: what has risen is found', { timeout: 60_000 }, () => {
  it('in p50 by 20 %, of 2,000 spans a side, and in p95 by 50 %, of 1,000', () => {
    expect(found(10, { count: 2_000, factor: 1.2 })('p50')).toBeGreaterThan(0.8);
    expect(found(20, { count: 1_000, factor: 1.5 })('p95')).toBeGreaterThan(0.75);
  });

  it('in errors from 2 % to 6 %, of 2,000 spans a side', () => {
    expect(found(10, { count: 2_000, errorShare: 0.06 })('errors')).toBeGreaterThan(0.7);
  });
});

/** `npm run diff-power` sets it: the tables of the README are measured anew. */
const README = process.env['FERRET_DIFF_POWER'];
const RUNS = 100;

it.runIf(README !== undefined)('the tables are written', { timeout: 600_000 }, () => {
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  const count = (spans: number) => spans.toLocaleString('en');
  const rises = [
    [1.2, [500, 1_000, 2_000, 5_000, 10_000]],
    [1.5, [200, 500, 1_000, 2_000, 5_000]],
  ] as const;
  const rows = rises.flatMap(([factor, counts]) =>
    counts.map((spans) => {
      const told = found(RUNS, { count: spans, factor });
      return `| ${percent(factor - 1)} | ${count(spans)} | ${(['p50', 'p95', 'p99'] as const).map((metric) => percent(told(metric))).join(' | ')} |`;
    }),
  );
  const errors = ([0.04, 0.06] as const).map((errorShare) => {
    const cells = [1_000, 2_000, 5_000].map(
      (spans) => `${percent(found(RUNS, { count: spans, errorShare })('errors'))} of ${count(spans)}`,
    );
    return `from 2 % to ${percent(errorShare)} ${cells.join(', ')}`;
  });
  const alarms = ([0, 0.5, 0.9, 0.97] as const).map(
    (rho) => `| ${rho} | ${falseAlarms(rho, 'own')} | ${falseAlarms(rho, 'all')} | ${falseAlarms(rho, 'one')} |`,
  );
  const text = [
    '| rise | spans a side | p50 | p95 | p99 |',
    '| ---- | -----------: | --: | --: | --: |',
    ...rows,
    '',
    `Of errors, a rise ${errors.join('; ')} spans a side is found.`,
    '',
    `| alike | of ${3 * RUNS}: each name by itself | all names at once | one name only |`,
    '| ----- | ---: | ---: | ---: |',
    ...alarms,
  ].join('\n');
  const path = String(README);
  const marks = /(<!-- npm run diff-power -->\n\n)[\s\S]*?(\n\n<!-- end -->)/;
  const readme = readFileSync(path, 'utf8');
  expect(readme).toMatch(marks);
  writeFileSync(
    path,
    readme.replace(marks, (_, start: string, end: string) => start + text + end),
  );
});

/** Comparisons of sides that differ by nothing but chance in which a change is told, of three times the runs. */
function falseAlarms(rho: number, whose: 'own' | 'all' | 'one'): number {
  let alarms = 0;
  for (let seed = 1; seed <= 3 * RUNS; seed++) {
    const random = randomFrom(seed);
    const side = () => {
      const level = wandering(random, rho, 0.2);
      const levelOf = (at: number): Level => {
        if (whose === 'own') return wandering(random, rho, 0.2);
        return whose === 'all' || at === 0 ? level : () => 1;
      };
      return sideOf(
        random,
        Array.from({ length: NAMES }, (_, at) => ({ count: 2_000, level: levelOf(at) })),
      );
    };
    const { both } = compare(side(), side());
    if (both.some(({ changes }) => changes.some(({ verdict }) => verdict === 'worse' || verdict === 'better')))
      alarms++;
  }
  return alarms;
}
