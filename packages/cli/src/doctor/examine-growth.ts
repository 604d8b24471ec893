import type { FileHealth } from '@ferretjs/core/reader';
import { formatDuration } from '../format/duration.js';
import { formatCount } from '../format/number.js';
import { formatSize } from '../format/size.js';
import { formatTime } from '../format/time.js';
import type { Finding } from './finding.js';

/** What the app keeps; the file does not say, so the defaults of @ferretjs/core stand in unless they are given. */
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

/** How fast the file grows, and when old spans begin to be deleted. */
export function examineGrowth(health: FileHealth, limits: RetentionLimits, hasLiveProcesses: boolean): Finding[] {
  const { growth, bytes, freeBytes } = health;
  if (growth === undefined) return [{ level: 'ok', topic: 'growth', text: 'no span stored yet' }];
  const { bytesPerSpan, newestMicros, oldestMicros } = growth;
  const spell = newestMicros - oldestMicros;
  const what = `about ${formatCount(growth.spans)} spans of ${formatCount(bytesPerSpan)} bytes, the last at ${formatTime(newestMicros)}`;
  if (spell < LEAST_SPELL_MICROS) {
    return [{ level: 'ok', topic: 'growth', text: `too little time recorded to tell; ${what}` }];
  }
  const perDay = (spans: number, window: number) => (spans * bytesPerSpan * DAY_MICROS) / Math.min(window, spell);
  const hourly = perDay(growth.lastHour, HOUR_MICROS);
  const daily = perDay(growth.lastDay, DAY_MICROS);
  const used = bytes - freeBytes;
  const limit = limits.maxSizeMegabytes * MEGABYTE;
  const findings: Finding[] = [
    {
      level: 'ok',
      topic: 'growth',
      text: `${formatSize(hourly)} a day at the rate of its last hour, ${formatSize(daily)} at that of its last day; ${what}`,
    },
  ];
  // Retention acts within a second; a tenth more than the limit means that it does not act.
  if (hasLiveProcesses && used > limit * 1.1) {
    findings.push({
      level: 'attention',
      topic: 'retention',
      text: `the file is larger than ${formatSize(limit)}`,
      advice:
        'If the app sets another retention.maxSizeMegabytes, say so with --max-size. Otherwise its retention does not keep up: ferret prune --max-size.',
    });
    return findings;
  }
  findings.push({ level: 'ok', topic: 'retention', text: describeRetention(used, limit, hourly, spell, limits) });
  return findings;
}

function describeRetention(
  used: number,
  limit: number,
  hourly: number,
  spell: number,
  limits: RetentionLimits,
): string {
  const bounds = `${formatSize(limit)} or ${formatCount(limits.maxAgeDays)} days`;
  const days = [
    used >= limit ? 0 : hourly === 0 ? Number.POSITIVE_INFINITY : (limit - used) / hourly,
    limits.maxAgeDays - spell / DAY_MICROS,
  ];
  const left = Math.min(...days);
  if (left <= 0) return `the oldest spans are deleted already, at ${bounds}`;
  const bySize = days[0] === left;
  return `at ${bounds}: the oldest spans will be deleted after ${formatDuration(left * DAY_MICROS * 1_000)} more at this rate, by ${bySize ? 'size' : 'age'}`;
}
