import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

it('is the wall clock, in whole microseconds, and keeps the order of the monotonic one', async () => {
  const { epochMicros, nowMicros } = await import('./clock.js');
  const now = performance.now();
  expect(Math.abs(epochMicros(now) / 1000 - Date.now())).toBeLessThan(1000);
  expect(Number.isInteger(nowMicros())).toBe(true);
  // A double holds the epoch in microseconds to a quarter of one.
  expect(Math.abs(epochMicros(now + 0.01) - epochMicros(now) - 10)).toBeLessThanOrEqual(1);
});

it('follows the wall clock within a second of its stepping, back or forth (FAULTS 27)', async () => {
  vi.resetModules();
  const { epochMicros } = await import('./clock.js');
  const real = Date.now();
  for (const step of [-86_400_000, 86_400_000]) {
    vi.spyOn(Date, 'now').mockImplementation(() => real + step);
    const later = performance.now() + (step < 0 ? 10_000 : 20_000);
    expect(Math.abs(epochMicros(later) / 1000 - (later - performance.now()) - (real + step))).toBeLessThan(1000);
  }
});
