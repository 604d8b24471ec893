import { describe, expect, it } from 'vitest';
import { SlowThreshold } from './slow-threshold.js';

/** Durations of 1 to 1,000 ms, evenly distributed, in mixed order. */
const spread = (index: number) => ((index * 619) % 1_000) * 1e6 + 1e6;

describe('the slow threshold', () => {
  it('is Infinity below a hundred samples', () => {
    const threshold = new SlowThreshold();
    for (let index = 0; index < 99; index++) threshold.record(1e6);
    expect(threshold.nanos).toBe(Number.POSITIVE_INFINITY);
    threshold.record(1e6);
    expect(threshold.nanos).toBeLessThan(1.2e6);
  });

  it('is the p99, or a step above it', () => {
    const threshold = new SlowThreshold();
    for (let index = 0; index < 100_000; index++) threshold.record(spread(index));
    expect(threshold.nanos).toBeGreaterThanOrEqual(980e6);
    expect(threshold.nanos).toBeLessThanOrEqual(990e6 * 1.125);
  });

  it('is above a duration that never changes', () => {
    const threshold = new SlowThreshold();
    for (let index = 0; index < 10_000; index++) threshold.record(5e6);
    expect(threshold.nanos).toBeGreaterThan(5e6);
    expect(threshold.nanos).toBeLessThan(5.7e6);
  });

  it('falls soon when a route has become faster', () => {
    const threshold = new SlowThreshold();
    for (let index = 0; index < 100_000; index++) threshold.record(100e6);
    for (let index = 0; index < 30_000; index++) threshold.record(1e6);
    expect(threshold.nanos).toBeLessThan(2e6);
  });

  it('accepts durations of any size', () => {
    const threshold = new SlowThreshold();
    for (let index = 0; index < 1_000; index++) threshold.record(index % 2 === 0 ? 0 : 1e18);
    expect(threshold.nanos).toBeGreaterThan(3.6e12);
  });
});
