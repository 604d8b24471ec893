import type { GroupStatistics, Reader, Run, SpanCondition, SpanField } from '@ferretjs/core/reader';
import { runMicros } from '../runs/run.js';
import type { Scope } from '../runs/scope.js';
import type { Source } from './names.js';

/** The spans of a run that the figures are of, and the field they are grouped by. */
export interface FiguresQuery {
  /** Default: `name`. */
  readonly by?: SpanField;
  /** Conditions that a span must meet, all of them. */
  readonly where?: readonly SpanCondition[];
  /** Microseconds since the epoch: spans that started then or later. */
  readonly since?: number;
  /** Microseconds since the epoch: spans that started before. */
  readonly until?: number;
  /** Scans the stored spans even where the counters would do. */
  readonly exact?: boolean;
}

/** The figures of groups of spans, and where they are from. */
export interface Figures {
  readonly source: Source;
  readonly groups: readonly Group[];
  /** The time that the figures are of, in microseconds since the epoch. */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Whether the run was counted at all. */
  readonly isCounted: boolean;
}

/** The statistics of a group, and its part of the whole. */
export interface Group extends GroupStatistics {
  readonly ratePerSecond: number;
  /** The part of the group's spans that failed, from 0 to 1. */
  readonly errorShare: number;
  /** The part of the time of all groups, from 0 to 1. */
  readonly share: number;
}

const MINUTE_MICROS = 60_000_000;

export async function readFigures(reader: Reader, scope: Scope, options: FiguresQuery): Promise<Figures> {
  const { run, runId } = scope;
  const counted = await readCounts(reader, runId, options);
  if (counted !== undefined && counted !== 'none') {
    return toFigures('routes', counted, run, toWholeMinutes(options), true);
  }
  const scanned = await reader.groupStatistics(runId, options.by ?? 'name', {
    ...boundsOf(options),
    where: options.where ?? [],
  });
  return toFigures('spans', scanned, run, options, counted !== 'none');
}

/** `undefined` where counts cannot answer, and `none` where there are none. */
async function readCounts(
  reader: Reader,
  runId: string | undefined,
  options: FiguresQuery,
): Promise<GroupStatistics[] | 'none' | undefined> {
  const { by = 'name', where = [], exact = false } = options;
  if (exact || where.length > 0 || (by !== 'name' && by !== 'outcome')) {
    return undefined;
  }
  const bounds = boundsOf(options);
  const counts = await reader.routeStatistics(runId, { ...bounds, by });
  const isEmpty = counts.length === 0 && (await reader.routeStatistics(runId)).length === 0;
  return isEmpty ? 'none' : counts;
}

export function boundsOf({ since, until }: Pick<FiguresQuery, 'since' | 'until'>): {
  sinceMicros?: number;
  untilMicros?: number;
} {
  return { ...(since !== undefined && { sinceMicros: since }), ...(until !== undefined && { untilMicros: until }) };
}

/** A minute is counted as a whole, by its beginning. */
function toWholeMinutes({ since, until }: FiguresQuery): { since?: number; until?: number } {
  return {
    ...(since !== undefined && { since: Math.floor(since / MINUTE_MICROS) * MINUTE_MICROS }),
    ...(until !== undefined && { until: Math.ceil(until / MINUTE_MICROS) * MINUTE_MICROS }),
  };
}

function toFigures(
  source: Source,
  statistics: readonly GroupStatistics[],
  run: Run,
  { since = 0, until = Number.POSITIVE_INFINITY }: { since?: number; until?: number },
  isCounted: boolean,
): Figures {
  const fromMicros = Math.max(since, run.startedAtMicros);
  const toMicros = Math.max(Math.min(until, run.startedAtMicros + runMicros(run)), fromMicros);
  const seconds = (toMicros - fromMicros) / 1e6;
  const total = statistics.reduce((sum, { totalNanos }) => sum + totalNanos, 0);
  const groups = statistics.map((group) => ({
    ...group,
    ratePerSecond: seconds > 0 ? group.count / seconds : 0,
    errorShare: group.errors / group.count,
    share: total > 0 ? group.totalNanos / total : 0,
  }));
  return { source, groups, fromMicros, toMicros, isCounted };
}
