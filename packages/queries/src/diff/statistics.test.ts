import { describe, expect, it } from 'vitest';
import { correctForMany, normalChance, studentChance } from './chances.js';
import { type DesignEffect, designEffect } from './design-effect.js';
import { randomFrom } from './distribution.fixture.js';
import { incompleteBeta } from './incomplete-beta.js';
import { moderation } from './moderation.js';
import { quantileShift } from './quantile-shift.js';
import { shareBeyond, shareShift } from './share-shift.js';

describe('the incomplete beta function', () => {
  it('has known values', () => {
    // By hand: I_x(1, 1) = x; I_x(2, 2) = 3x^2 - 2x^3; a sum of binomial chances; symmetry.
    expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(incompleteBeta(0.3, 2, 2)).toBeCloseTo(0.216, 12);
    const atLeast8Of10 = 45 * 0.6 ** 8 * 0.4 ** 2 + 10 * 0.6 ** 9 * 0.4 + 0.6 ** 10;
    expect(incompleteBeta(0.6, 8, 3)).toBeCloseTo(atLeast8Of10, 12);
    expect(incompleteBeta(0.4, 3, 8)).toBeCloseTo(1 - atLeast8Of10, 12);
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)]).toEqual([0, 1]);
  });

  it('is near the normal distribution where the counts are large', () => {
    const n = 10_000_000;
    const deviation = Math.sqrt((0.95 * 0.05) / n);
    expect(incompleteBeta(0.95 + 1.96 * deviation, 0.95 * n, 0.05 * n)).toBeCloseTo(0.975, 3);
    expect(incompleteBeta(0.95 - 1.96 * deviation, 0.95 * n, 0.05 * n)).toBeCloseTo(0.025, 3);
    expect(incompleteBeta(0.96, 0.95 * n, 0.05 * n)).toBe(1);
    expect(incompleteBeta(0.94, 0.95 * n, 0.05 * n)).toBe(0);
  });
});

describe('the shift of a quantile', () => {
  const sample = (...buckets: [number, number][]) => {
    const count = buckets.reduce((sum, [, counted]) => sum + counted, 0);
    return { buckets, count, effectiveCount: count };
  };

  it('is certain where all lie beyond, and not told where all are alike', () => {
    const low = sample([10, 100]);
    const high = sample([20, 100]);
    expect(quantileShift(low, high, 0.5).rise).toBeLessThan(1e-9);
    expect(quantileShift(low, high, 0.5).fall).toBeCloseTo(1, 9);
    expect(quantileShift(high, low, 0.5).fall).toBeLessThan(1e-9);
    expect(quantileShift(low, low, 0.5)).toEqual({ rise: expect.closeTo(0.5, 9), fall: expect.closeTo(0.5, 9) });
    // From bucket 10 to 20 it is 24 %: ln(42/52).
    expect(quantileShift(low, high, 0.5, Math.log(1.2)).rise).toBeLessThan(1e-9);
    expect(quantileShift(low, high, 0.5, Math.log(1.3)).rise).toBeCloseTo(1, 9);
  });

  it('counts for less where the durations depend on each other', () => {
    const before = sample([10, 60], [11, 40]);
    const after = sample([10, 40], [11, 60]);
    const independent = quantileShift(before, after, 0.5).rise;
    const spells = { ...before, effectiveCount: 20 };
    expect(quantileShift(spells, { ...after, effectiveCount: 20 }, 0.5).rise).toBeGreaterThan(independent * 5);
  });
});

describe('the design effect', () => {
  it('is 1 or less where parts vary as chance has it, and unknown where nothing varies', () => {
    expect(designEffect([[{ count: 100, hits: 5 }]])).toEqual({ factor: 1, freedom: 0 });
    expect(designEffect([Array.from({ length: 10 }, () => ({ count: 100, hits: 0 }))])).toEqual({
      factor: 1,
      freedom: 0,
    });
    const even = Array.from({ length: 10 }, () => ({ count: 100, hits: 5 }));
    expect(designEffect([even])).toEqual({ factor: 0, freedom: 6 });
    const random = randomFrom(1);
    const factors = Array.from({ length: 400 }, () => {
      const parts = Array.from({ length: 16 }, () => ({
        count: 50,
        hits: Array.from({ length: 50 }, random).filter((one) => one < 0.3).length,
      }));
      return designEffect([parts, parts.toReversed()]).factor;
    });
    expect(factors.reduce((sum, one) => sum + one, 0) / 400).toBeCloseTo(1, 1);
  });

  it('grows with the spells', () => {
    const parts = Array.from({ length: 10 }, (_, at) => ({ count: 1_000, hits: at === 3 ? 500 : 0 }));
    const { factor, freedom } = designEffect([parts, parts]);
    expect(factor).toBeGreaterThan(100);
    expect(freedom).toBe(12);
  });
});

describe('design effects of several names', () => {
  const of = (factor: number) => ({ factor, freedom: 12 });
  const moderate = (effects: DesignEffect[]) => effects.map(moderation(effects));
  const certain = { factor: 1, freedom: Number.POSITIVE_INFINITY };

  it('are the mean of all where they differ as chance has it, known better', () => {
    expect(moderate([of(4), of(5), of(6)])).toEqual([0, 0, 0].map(() => ({ factor: 5, freedom: 48 })));
    expect(moderate([of(0.9), of(1), of(0.8)])).toEqual([certain, certain, certain]);
  });

  it('stay what they are where they differ by far, or there is one', () => {
    const calm = Array.from({ length: 19 }, () => of(1));
    const [spells, other] = moderate([of(200), ...calm]);
    expect(spells?.factor).toBeGreaterThan(150);
    expect(spells?.freedom).toBeLessThan(15);
    expect(other?.factor).toBeLessThan(3);
    expect(moderate([of(3)])).toEqual([of(3)]);
  });

  it('are left out where they are unknown', () => {
    expect(moderate([{ factor: 1, freedom: 0 }, of(3)])).toEqual([certain, of(3)]);
    expect(moderate([])).toEqual([]);
  });
});

it("a chance by Student's distribution is that of the tables", () => {
  // 2.101 and 3.922: 2.5 % and 0.05 % of 18 degrees of freedom; by the normal distribution 0.01782 and 0.0000439.
  expect(studentChance(0.01782, 18)).toBeCloseTo(0.025, 4);
  expect(studentChance(0.0000439, 18)).toBeCloseTo(0.0005, 5);
  expect([studentChance(0.5, 18), studentChance(0, 18), studentChance(0.9, 3)]).toEqual([0.5, 0, 0.9]);
});

describe('the shift of a share', () => {
  it('is exact where hits are few', () => {
    // None of three fell on the first half: 1 in 8.
    expect(shareShift({ count: 100, hits: 0 }, { count: 100, hits: 3 }, 1).rise).toBeCloseTo(0.125, 9);
    expect(shareShift({ count: 100, hits: 3 }, { count: 100, hits: 0 }, 1).fall).toBeCloseTo(0.125, 9);
    expect(shareShift({ count: 100, hits: 0 }, { count: 100, hits: 0 }, 1)).toEqual({ rise: 1, fall: 1 });
    expect(shareShift({ count: 1000, hits: 10 }, { count: 1000, hits: 80 }, 1).rise).toBeLessThan(1e-9);
    expect(shareShift({ count: 1000, hits: 10 }, { count: 1000, hits: 80 }, 20).rise).toBeGreaterThan(1e-3);
  });
});

it('a share is steady within a margin where there is enough to tell', () => {
  const [fall, rise] = shareBeyond({ count: 100_000, hits: 1_000 }, { count: 100_000, hits: 1_100 }, 1, 0.005);
  expect([fall, rise].every((chance) => chance < 1e-6)).toBe(true);
  expect(shareBeyond({ count: 100, hits: 1 }, { count: 100, hits: 1 }, 1, 0.005)[1]).toBeGreaterThan(0.3);
  expect(shareBeyond({ count: 10_000, hits: 100 }, { count: 10_000, hits: 250 }, 1, 0.005)[1]).toBeGreaterThan(0.99);
  expect([normalChance(0), normalChance(1.959964), normalChance(-1.959964)]).toEqual(
    [0.5, 0.025, 0.975].map((chance) => expect.closeTo(chance, 5)),
  );
});

it('the correction for many comparisons is that of Holm', () => {
  expect(correctForMany([0.01, 0.04, 0.03, 0.005])).toEqual(
    [0.03, 0.06, 0.06, 0.02].map((value) => expect.closeTo(value)),
  );
  expect(correctForMany([])).toEqual([]);
});
