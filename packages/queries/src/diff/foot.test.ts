import { expect, it } from 'vitest';
import { ALARM_CHANCE, type Change, compare, VERDICTS } from './compare.js';
import { distributionOf, distributionsOf } from './distribution.fixture.js';
import { footOf, MEANINGS } from './foot.js';
import { randomFrom, sideOf } from './load.fixture.js';
import { LEAST_CHANGE, LEAST_PARTS, LEAST_POINTS, leastCount } from './question.js';

const COUNTS = [10, 40, 150, 300, 1_200, 4_000, 20_000];
const random = randomFrom(3);
const burst = (factor: number) =>
  distributionOf(
    'burst',
    Array.from({ length: 500 }, (_, at) => ({ at: 0.5, nanos: 1e6 * factor * (1 + at / 500) })),
  );
const side = (factor: number) =>
  distributionsOf(
    ...sideOf(random, [
      ...COUNTS.map((count) => ({ count })),
      ...COUNTS.map((count) => ({ count, factor, errorShare: 0.02 * factor })),
      { count: 40, factor: 1 + random() },
    ]).names,
    burst(factor),
  );
const comparison = compare(side(1), side(1.8));
const all = comparison.both.flatMap(({ changes, before, after }) =>
  changes.map((change) => ({
    change,
    counts: [before.histogram.count, after.histogram.count],
    sides: [before, after],
  })),
);
const part = ({ before, after }: Change) => Math.abs(after / before - 1);

it('R4: every verdict occurs, and what the foot says of it is true of all that have it', () => {
  expect(new Set(all.map(({ change }) => change.verdict))).toEqual(new Set(VERDICTS.filter((one) => one !== 'better')));
  for (const { change, counts, sides } of all) {
    const { verdict, metric, before, after, chance } = change;
    if (verdict === 'worse')
      expect([after > before, chance <= ALARM_CHANCE, part(change) >= LEAST_CHANGE]).not.toContain(false);
    if (verdict === 'steady') {
      if (metric === 'errors')
        expect(Math.abs(after - before)).toBeLessThan(Math.max(LEAST_POINTS, LEAST_CHANGE * before));
      else expect(part(change)).toBeLessThan(LEAST_CHANGE);
    }
    if (verdict === 'too few') expect(Math.min(...counts)).toBeLessThan(leastCount(metric));
    if (verdict === 'too short') expect(Math.min(...sides.map(({ parts }) => parts.length))).toBeLessThan(LEAST_PARTS);
  }
  const foot = footOf(comparison);
  for (const meaning of Object.values(MEANINGS)) expect(foot).toContain(meaning);
  expect(foot[0]).toMatch(/at most 0\.10 % chance of any false alarm among them, if levels move faster .*; checked: /);
});

it('R4: a large difference of few spans is unclear, never steady', () => {
  const few = () =>
    distributionsOf(
      ...sideOf(
        random,
        Array.from({ length: 50 }, () => ({ count: 30 })),
      ).names,
    );
  const changes = compare(few(), few()).both.flatMap((compared) => compared.changes);
  expect(changes.some((change) => change.metric === 'p50' && part(change) > LEAST_CHANGE)).toBe(true);
  expect(changes.filter(({ verdict }) => verdict === 'steady')).toEqual([]);
});

it('the foot speaks of verdicts that occur only', () => {
  const some = () => distributionsOf(distributionOf('a', [{ at: 0, nanos: 1 }]));
  expect(footOf(compare(some(), some())).slice(1)).toEqual([MEANINGS['too few']]);
});
