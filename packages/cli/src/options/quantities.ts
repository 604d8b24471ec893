import { InvalidArgumentError } from 'commander';

/** Takes how many of something a command shows. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

/** `0`, `12`: how many, none included. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return value;
}

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

const DAYS: Readonly<Record<string, number>> = { m: 1 / 1_440, h: 1 / 24, d: 1, w: 7 };
const MEGABYTES: Readonly<Record<string, number>> = { kb: 1 / 1_024, mb: 1, gb: 1_024 };

/** `7d`, `12h`: an age in days. */
export function parseAge(text: string): number {
  return parse(text, DAYS, 'It must be a number and a unit: 90m, 12h, 7d or 2w.');
}

/** `512MB`, `1.5GB`: a size in megabytes, of 1,024 KB each. */
export function parseSize(text: string): number {
  return parse(text, MEGABYTES, 'It must be a number and a unit: 800KB, 512MB or 2GB.');
}

/** A unit is asked for: what is deleted by mistake does not come back. */
function parse(text: string, units: Readonly<Record<string, number>>, help: string): number {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,9})?) ?([a-z]{1,2})$/i.exec(text) ?? [];
  const factor = units[unit?.toLowerCase() ?? ''];
  if (digits === undefined || factor === undefined) throw new InvalidArgumentError(help);
  return Number(digits) * factor;
}
