import { type Distributions, Histogram, type NameDistribution } from '@ferretjs/core/reader';

/** A span, for tests of what compares them. */
export interface TimedSpan {
  /** When it started, as a part of the whole time. */
  readonly at: number;
  readonly nanos: number;
  readonly isError?: boolean;
}

const PARTS = 10;

export function distributionOf(name: string, spans: Iterable<TimedSpan>): NameDistribution {
  const parts = Array.from({ length: PARTS }, () => ({ histogram: new Histogram(), errors: 0 }));
  const histogram = new Histogram();
  let errors = 0;
  for (const { at, nanos, isError = false } of spans) {
    const part = parts[Math.min(Math.floor(at * PARTS), PARTS - 1)];
    part?.histogram.record(nanos);
    histogram.record(nanos);
    if (!isError) continue;
    errors += 1;
    if (part !== undefined) part.errors += 1;
  }
  return { name, histogram, errors, parts: parts.filter((part) => part.histogram.count > 0) };
}

export function distributionsOf(...names: NameDistribution[]): Distributions {
  return { source: 'spans', names, leftOut: 0 };
}

/** Random numbers from 0 to 1 that are the same for every seed: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
