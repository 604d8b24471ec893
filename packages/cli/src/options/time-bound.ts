import { type Command, InvalidArgumentError } from 'commander';

const UNIT_MILLIS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const RELATIVE = /^(\d{1,9})([smhd])$/;
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** The values of `--since` and `--until`, in words. */
const TIME_BOUND_FORMS =
  'It must be an ISO time such as 2026-01-31, 2026-01-31T14:03 or 2026-01-31T14:03:22Z, ' +
  'or how long ago, such as 90s, 15m, 2h or 7d.';

/**
 * Reads a time, in microseconds since the epoch: `2026-01-31T14:03:22Z`, or `15m` for a quarter of an hour ago. Without
 * a zone it is in the time zone of who asks, dates too. `undefined` for what is neither.
 */
export function parseTimeBound(text: string, nowMillis: number): number | undefined {
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const [, amount = '', unit = ''] = relative;
    return (nowMillis - Number(amount) * (UNIT_MILLIS[unit] ?? 0)) * 1_000;
  }
  const normalized = text.replace(' ', 'T');
  if (!ISO.test(normalized)) {
    return undefined;
  }
  // JavaScript takes a date alone for UTC, and a date with a time for local.
  const millis = Date.parse(normalized.length === 10 ? `${normalized}T00:00` : normalized);
  return Number.isNaN(millis) || isOverflow(normalized, millis) ? undefined : Math.round(millis * 1_000);
}

/** JavaScript takes 31 February for a day in March. */
function isOverflow(text: string, millis: number): boolean {
  const day = Number(text.slice(8, 10));
  const [year, month] = [Number(text.slice(0, 4)), Number(text.slice(5, 7))];
  return Number.isNaN(millis) || day > new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Takes what `--since` and `--until` say, in microseconds since the epoch. */
export function timeBound(text: string): number {
  const micros = parseTimeBound(text, Date.now());
  if (micros === undefined) {
    throw new InvalidArgumentError(TIME_BOUND_FORMS);
  }
  return micros;
}

interface TimeBounds {
  readonly since?: number;
  readonly until?: number;
}

/** Ends a command in whose time nothing can lie. */
export function requireOrder(command: Command, { since, until }: TimeBounds): void {
  if (since !== undefined && until !== undefined && since >= until) {
    command.error('error: --since must be earlier than --until: nothing lies between them.');
  }
}
