import { expect } from 'vitest';

const ROUNDS = 5;

/**
 * Expects that work on a text takes time in proportion to its length: of 1x, 2x and 4x, 4x takes less than ten times as long
 * as 1x. In quadratic time it would take sixteen times as long. The best of some rounds counts, and what takes less than a
 * millisecond at 1x is taken to last one: neither says anything.
 */
export async function expectLinearTime(
  what: string,
  length: number,
  work: (length: number) => unknown | Promise<unknown>,
): Promise<void> {
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as [
    number,
    number,
    number,
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, factor] of [1, 2, 4].entries()) {
      const before = performance.now();
      await work(length * factor);
      best[index] = Math.min(best[index] as number, performance.now() - before);
    }
  }
  expect(
    best[2] / Math.max(best[0], 1),
    `${what} (${best.map((millis) => millis.toFixed(2)).join(', ')} ms)`,
  ).toBeLessThan(10);
}
