import { expect } from 'vitest';
import { ask, type Child } from '../child.js';

const MEGABYTE = 1024 * 1024;

/** Bytes that the process holds on to, after a collection. It must have been started with `EXPOSE_GC`. */
export function memoryOf(child: Child): Promise<number> {
  return ask<number>(child, 'memory');
}

/** For `start`: lets the process collect its garbage when asked to. */
export const EXPOSE_GC = ['--expose-gc'] as const;

/** (d) The first sample is taken once all caches are warm; after it, memory grows no further than the slack. */
export function expectFlat(samples: readonly number[], slackMegabytes: number): void {
  const [first = 0, ...later] = samples.map((bytes) => bytes / MEGABYTE);
  expect(later.length, 'samples').toBeGreaterThan(1);
  expect(Math.max(...later) - first, `megabytes over the first of ${samples.length} samples`).toBeLessThan(
    slackMegabytes,
  );
}
