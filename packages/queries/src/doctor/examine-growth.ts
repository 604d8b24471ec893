import type { FileHealth } from '@ferretjs/core/reader';
import { formatCount } from '../words/numbers.js';
import { formatTime } from '../words/time.js';
import { formatDuration, formatSize } from '../words/units.js';
import type { Finding } from './finding.js';

/**
 * The retention of the app. The file does not have it, so the defaults of @ferretjs/core stand in unless it is given.
 */
export interface RetentionLimits {
  readonly maxAgeDays: number;
  readonly maxSizeMegabytes: number;
}

export const DEFAULT_LIMITS: RetentionLimits = { maxAgeDays: 7, maxSizeMegabytes: 512 };

const HOUR_MICROS = 3_600_000_000;
const DAY_MICROS = 24 * HOUR_MICROS;
/** A rate of less than this would say nothing about a day. */
const LEAST_SPELL_MICROS = HOUR_MICROS / 6;
const MEGABYTE = 1024 * 1024;

/** The growth of the file, and the time when old spans begin to be deleted. */
export function examineGrowth(health: FileHealth, limits: RetentionLimits, hasLiveProcesses: boolean): Finding[] {
  const { growth, bytes, freeBytes } = health;
  const used = bytes - freeBytes;
  const spell = growth === undefined ? 0 : growth.newestMicros - growth.oldestMicros;
  const excess = hasLiveProcesses ? findExcess(used, spell, limits) : undefined;
  if (growth === undefined || spell < LEAST_SPELL_MICROS) {
    const text = growth === undefined ? 'no span stored yet' : `too little time recorded to tell; ${describe(growth)}`;
    const facts = { spans: growth?.spans ?? 0 };
    return [{ level: 'ok', topic: 'growth', text, facts }, ...(excess === undefined ? [] : [excess])];
  }
  const perDay = (spans: number, window: number) =>
    (spans * growth.bytesPerSpan * DAY_MICROS) / Math.min(window, spell);
  const hourly = perDay(growth.lastHour, HOUR_MICROS);
  const daily = perDay(growth.lastDay, DAY_MICROS);
  const text =
    `${formatSize(hourly)} a day at the rate of its last hour, ${formatSize(daily)} at that of its last day; ` +
    describe(growth);
  return [
    { level: 'ok', topic: 'growth', text, facts: factsOf(growth, hourly, daily) },
    excess ?? {
      level: 'ok',
      topic: 'retention',
      text: describeRetention(used, hourly, spell, limits, hasLiveProcesses),
      facts: { ...limits, usedBytes: used, spellMicros: spell },
    },
  ];
}

function factsOf({ spans, bytesPerSpan }: NonNullable<FileHealth['growth']>, hourly: number, daily: number) {
  return {
    spans,
    bytesPerSpan: Math.round(bytesPerSpan),
    bytesPerDayByLastHour: Math.round(hourly),
    bytesPerDayByLastDay: Math.round(daily),
  };
}

function describe({ spans, bytesPerSpan, newestMicros }: NonNullable<FileHealth['growth']>): string {
  const size = `${formatCount(spans)} spans of ${formatCount(bytesPerSpan)} bytes`;
  return `about ${size}, the last at ${formatTime(newestMicros)}`;
}

/** Retention acts within a second; a tenth more than a limit means that it does not act. */
function findExcess(used: number, spell: number, limits: RetentionLimits): Finding | undefined {
  const { maxSizeMegabytes, maxAgeDays } = limits;
  const isLarge = used > maxSizeMegabytes * MEGABYTE * 1.1;
  if (!isLarge && spell <= maxAgeDays * DAY_MICROS * 1.1) return undefined;
  const [option, setting] = isLarge ? ['--max-size', 'maxSizeMegabytes'] : ['--max-age', 'maxAgeDays'];
  return {
    level: 'attention',
    topic: 'retention',
    text: isLarge
      ? `the file is larger than ${formatSize(maxSizeMegabytes * MEGABYTE)}`
      : `the file goes back more than ${inDays(maxAgeDays)}`,
    advice:
      `If the app sets another retention.${setting}, say so with ${option}. ` +
      `Otherwise its retention does not keep up: ferret prune ${option}.`,
    facts: { ...limits, usedBytes: used, spellMicros: spell },
  };
}

function describeRetention(
  used: number,
  hourly: number,
  spell: number,
  limits: RetentionLimits,
  hasLiveProcesses: boolean,
): string {
  const limit = limits.maxSizeMegabytes * MEGABYTE;
  const bounds = `${formatSize(limit)} or ${inDays(limits.maxAgeDays)}`;
  const days = [
    used >= limit ? 0 : hourly === 0 ? Number.POSITIVE_INFINITY : (limit - used) / hourly,
    limits.maxAgeDays - spell / DAY_MICROS,
  ];
  const left = Math.min(...days);
  if (left <= 0) {
    return hasLiveProcesses
      ? `the oldest spans are deleted already, at ${bounds}`
      : `at ${bounds}: the oldest spans will be deleted once an app has the file open`;
  }
  const rest = formatDuration(left * DAY_MICROS * 1_000);
  const reason = days[0] === left ? 'size' : 'age';
  return `at ${bounds}: the oldest spans will be deleted after ${rest} more at this rate, by ${reason}`;
}

function inDays(days: number): string {
  if (days < 1) return formatDuration(days * DAY_MICROS * 1_000);
  const rounded = Number(days.toFixed(1));
  return `${rounded} ${rounded === 1 ? 'day' : 'days'}`;
}
