import { describe, expect, it } from 'vitest';
import { Roots } from './roots.fixture.js';

const MINUTE = 60;

/** Requests a second, as a function of the second. */
type Curve = (second: number) => number;

const CURVES: readonly (readonly [string, Curve])[] = [
  ['steady', () => 5_000],
  ['steady, below the budget', () => 300],
  ['bursty, as in K6', (second) => (second % 10 === 0 ? 5_000 : 100)],
  ['bursty, with nothing between', (second) => (second % 7 === 0 ? 8_000 : 0)],
  ['alternating', (second) => (second % 2 === 0 ? 4_000 : 200)],
  ['alternating by ten seconds', (second) => (second % 20 < 10 ? 3_000 : 50)],
  ['a hundred times less from one second to the next', (second) => (second < 70 ? 10_000 : 100)],
  ['a slow wave', (second) => 2_000 + 1_900 * Math.sin((second / 90) * 2 * Math.PI)],
  ['a slow wave around the budget', (second) => 1_000 + 500 * Math.sin((second / 200) * 2 * Math.PI)],
];

/** The largest relative error of the sum of weights against the requests seen, over every minute. */
function worstMinute(budget: number, seconds: number, curve: Curve, send?: (roots: Roots, at: number) => void): number {
  const roots = new Roots({ maxSpansPerSecond: budget, keepSlowerThanMillis: 60_000 });
  const seen = new Array<number>(seconds).fill(0);
  for (let second = 0; second < seconds; second++) {
    const count = Math.round(curve(second));
    seen[second] = count;
    for (let index = 0; index < count; index++) {
      const at = 10_000 + second * 1_000 + (index * 1_000) / count;
      if (send === undefined) roots.send({ at });
      else send(roots, at);
    }
  }
  const weights = new Array<number>(seconds).fill(0);
  for (const [index, { sampling, isLocalRoot }] of roots.kept.entries()) {
    const second = Math.floor((roots.keptAt[index]! - 10_000) / 1_000);
    if (isLocalRoot) weights[second] = weights[second]! + 1 / sampling!.probability;
  }
  const sum = (values: readonly number[], from: number) =>
    values.slice(from, from + MINUTE).reduce((total, value) => total + value, 0);
  let worst = 0;
  for (let from = 0; from + MINUTE <= seconds; from++) {
    worst = Math.max(worst, Math.abs(sum(weights, from) / sum(seen, from) - 1));
  }
  return worst;
}

describe('K6: the weights of any minute add up to the requests seen, within 10 %', () => {
  it.each(CURVES)('%s', (_, curve) => {
    expect(worstMinute(100, 180, (second) => curve(second) / 10)).toBeLessThan(0.1);
  });

  it('at the default budget', () => {
    expect(worstMinute(1_000, 70, (second) => (second % 10 === 0 ? 5_000 : 100))).toBeLessThan(0.1);
  });

  it('with large traces', () => {
    const send = (roots: Roots, at: number) => roots.send({ at, children: 20 });
    expect(worstMinute(1_000, 90, (second) => (second % 10 === 0 ? 500 : 30), send)).toBeLessThan(0.1);
  });

  it('beside failures that take the whole budget', () => {
    let index = 0;
    const send = (roots: Roots, at: number) => {
      const outcome = index++ % 2 === 0 ? 'error' : 'ok';
      roots.send({ at, outcome, status: outcome === 'ok' ? 200 : 500 });
    };
    expect(worstMinute(100, 90, () => 600, send)).toBeLessThan(0.1);
  });
});
