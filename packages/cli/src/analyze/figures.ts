import type { GroupStatistics, Reader, Run, SpanCondition, SpanField } from '@ferretjs/core/reader';
import { runMicros } from '../format/run.js';

/** Which spans of a run are told of, and how they are grouped. */
export interface FiguresOptions {
  readonly by: SpanField;
  readonly where?: readonly SpanCondition[];
  /** Microseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** Scans the spans, where what was counted would do. */
  readonly exact?: boolean;
}

/** What groups of spans took, and where that is known from. */
export interface Figures {
  /** `routes`: counted minute by minute while spans ended (`ferret_routes_v1`). `spans`: scanned from the stored spans. */
  readonly source: 'routes' | 'spans';
  readonly groups: readonly Group[];
  /** The time that the figures are of, in microseconds since the epoch. */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Whether the run was counted at all. */
  readonly isCounted: boolean;
}

/** Statistics, and what they are of the whole. */
export interface Group extends GroupStatistics {
  readonly ratePerSecond: number;
  /** Of the spans of the group. */
  readonly errorShare: number;
  /** Of the time of all groups. */
  readonly share: number;
}

const MINUTE_MICROS = 60_000_000;

export async function readFigures(reader: Reader, run: Run, options: FiguresOptions): Promise<Figures> {
  const counted = await readCounts(reader, run, options);
  if (counted !== undefined && counted !== 'none') {
    return toFigures('routes', counted, run, toWholeMinutes(options), true);
  }
  const scanned = await reader.groupStatistics(run.runId, options.by, {
    ...boundsOf(options),
    where: options.where ?? [],
  });
  return toFigures('spans', scanned, run, options, counted !== 'none');
}

/** `undefined` where counts cannot answer, and `none` where there are none. */
async function readCounts(
  reader: Reader,
  run: Run,
  options: FiguresOptions,
): Promise<GroupStatistics[] | 'none' | undefined> {
  const { by, where = [], exact = false } = options;
  if (exact || where.length > 0 || (by !== 'name' && by !== 'outcome')) {
    return undefined;
  }
  const bounds = boundsOf(options);
  const counts = await reader.routeStatistics(run.runId, { ...bounds, by });
  const isEmpty = counts.length === 0 && (await reader.routeStatistics(run.runId)).length === 0;
  return isEmpty ? 'none' : counts;
}

export function boundsOf({ since, until }: Pick<FiguresOptions, 'since' | 'until'>): {
  sinceMicros?: number;
  untilMicros?: number;
} {
  return { ...(since !== undefined && { sinceMicros: since }), ...(until !== undefined && { untilMicros: until }) };
}

/** A minute is counted as a whole, by its beginning. */
function toWholeMinutes({ since, until }: FiguresOptions): { since?: number; until?: number } {
  return {
    ...(since !== undefined && { since: Math.floor(since / MINUTE_MICROS) * MINUTE_MICROS }),
    ...(until !== undefined && { until: Math.ceil(until / MINUTE_MICROS) * MINUTE_MICROS }),
  };
}

function toFigures(
  source: Figures['source'],
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
