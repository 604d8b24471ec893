import { expect, it } from 'vitest';
import { backOffMillis, pause } from './back-off.js';

it('waits longer after each attempt, up to a second', () => {
  expect([0, 1, 2, 10, 100].map((attempt) => backOffMillis(attempt, () => 1))).toEqual([20, 40, 80, 1000, 1000]);
});

it('spreads the waiting of several processes', () => {
  expect(backOffMillis(0, () => 0)).toBe(10);
});

it('pauses for the time asked', async () => {
  const before = performance.now();
  await pause(15, new AbortController().signal);
  expect(performance.now() - before).toBeGreaterThan(10);
});

it('ends a pause when aborted, and does not begin one after', async () => {
  const controller = new AbortController();
  const paused = pause(60_000, controller.signal);
  controller.abort();
  await paused;
  await pause(60_000, controller.signal);
});
