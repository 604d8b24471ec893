import type { Distributions } from '@ferretjs/core/reader';
import { distributionOf, distributionsOf, randomFrom, type TimedSpan } from './distribution.fixture.js';

const MILLI = 1_000_000;

/** The slowness at a time from 0 to 1: 2 is twice as slow as usual. */
export type Level = (at: number) => number;

export interface SimulatedName {
  readonly count: number;
  readonly factor?: number;
  readonly errorShare?: number;
  readonly level?: Level;
}

/** Log-normal latencies around 10 ms: p95 is 2.7 times p50. */
function* spansOf(random: () => number, { count, factor = 1, errorShare = 0.02, level }: SimulatedName) {
  for (let index = 0; index < count; index++) {
    const at = (index + 0.5) / count;
    const nanos = 10 * MILLI * Math.exp(0.6 * normalFrom(random)) * factor * (level?.(at) ?? 1);
    yield { at, nanos, isError: random() < errorShare } satisfies TimedSpan;
  }
}

/** Box and Muller (1958). */
export function normalFrom(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function sideOf(random: () => number, names: readonly SimulatedName[]): Distributions {
  return distributionsOf(...names.map((name, at) => distributionOf(`GET /${at}`, spansOf(random, name))));
}

/** A level that stays as it is for a step, and is like the one before by `rho`; it varies by this part. */
export function wandering(random: () => number, rho: number, deviation: number, steps = 10): Level {
  let state = normalFrom(random);
  const levels = Array.from({ length: steps }, () => {
    const level = Math.exp(deviation * state);
    state = rho * state + Math.sqrt(1 - rho ** 2) * normalFrom(random);
    return level;
  });
  return (at) => levels[Math.floor(at * steps)] ?? 1;
}

/** A tenth of the steps are three times as slow. */
export function inSpells(random: () => number, steps: number): Level {
  const levels = Array.from({ length: steps }, () => (random() < 0.1 ? 3 : 1));
  return (at) => levels[Math.floor(at * steps)] ?? 1;
}

export { randomFrom };
