import { expect } from 'vitest';

const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 30;
const MOST = 10;
const LEAST_MILLIS = 3;

/**
 * Expects that work on a text takes time in proportion to its length: of 1x, 2x and 4x, 4x takes less than ten times as long
 * as 1x. In quadratic time it would take sixteen times as long. The processor's time counts, not the clock's, and the best of
 * some rounds: more of them where other programs disturb it. What takes less than three milliseconds at 1x is taken to last three: the
 * longer text may be the first to have the garbage collector run, and what takes less than thirty at 4x harms nobody.
 */
export async function expectLinearTime(what: string, length: number, work: (length: number) => unknown): Promise<void> {
  const best = [1, 2, 4].map((factor) => ({ factor, millis: Number.POSITIVE_INFINITY }));
  const ratio = () => (best[2]?.millis ?? 0) / Math.max(best[0]?.millis ?? 0, LEAST_MILLIS);
  for (let round = 0; round < LEAST_ROUNDS || (round < MOST_ROUNDS && ratio() >= MOST); round++) {
    for (const each of best) {
      const before = process.cpuUsage();
      await work(length * each.factor);
      const { user, system } = process.cpuUsage(before);
      each.millis = Math.min(each.millis, (user + system) / 1000);
    }
  }
  const measured = best.map(({ factor, millis }) => `${factor}x ${millis.toFixed(2)} ms`).join(', ');
  expect(ratio(), `${what}: ${measured}`).toBeLessThan(MOST);
}
