import { InvalidArgumentError } from 'commander';

const NANOS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9, m: 60e9 };

/** `250us`, `100ms`, `1.5s`, `2m`: a duration, in nanoseconds. */
export function durationNanos(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?) ?(us|ms|s|m)$/.exec(text) ?? [];
  const factor = NANOS[unit];
  if (amount === undefined || factor === undefined) {
    throw new InvalidArgumentError('It must be a number and a unit: 250us, 100ms, 1.5s or 2m.');
  }
  return Number(amount) * factor;
}
