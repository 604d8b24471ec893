import { bucketStart, decodeBuckets, Histogram } from '../statistics/histogram.js';
import type { SqlValue } from './driver.js';
import type { Connection } from './reader-connection.js';
import type { DistributionStep, NameStatistics } from './reader-statistics.js';
import { OUTCOMES } from './schema.js';

/** Which minutes of a run: microseconds since the epoch; a minute counts as a whole. */
export interface RouteStatisticsOptions {
  /** Leaves out minutes before the one that this falls into. */
  readonly sinceMicros?: number;
  /** Leaves out minutes that begin then or later. */
  readonly untilMicros?: number;
  /** Default `name`. */
  readonly by?: 'name' | 'outcome';
}

/** One name and outcome in one minute of one process. */
export interface RouteRow {
  minute_us: number;
  /** The name as it is stored, an id or a text; the page after this one begins behind it. */
  stored_name: SqlValue;
  name: string;
  outcome: number;
  count: number;
  sum_ns: number;
  min_ns: number;
  max_ns: number;
  buckets: string;
}

interface Tally {
  readonly histogram: Histogram;
  errors: number;
}

export const MINUTE_MICROS = 60_000_000;
/** Everything below counts as one step of a distribution. */
const END_OF_SHORTEST_STEP = 1_024;

export const ERROR = OUTCOMES.indexOf('error');

const SELECT_PROCESSES = `
SELECT process.id FROM process JOIN run ON run.id = process.run_id WHERE run.run_id = ? ORDER BY process.id`;

/**
 * Pages along the primary key: no transaction is held between two of them, and a row that its process replaces meanwhile, with
 * a new row id, is read once all the same.
 */
const SELECT_ROWS = `
SELECT
  minute_us, route_minute.name AS stored_name, coalesce(string.text, route_minute.name) AS name,
  outcome, count, sum_ns, min_ns, max_ns, buckets
FROM route_minute
LEFT JOIN string ON string.id = route_minute.name AND typeof(route_minute.name) = 'integer'
WHERE process_id = ?1 AND minute_us < ?2 AND (minute_us, route_minute.name, outcome) > (?3, ?4, ?5)
ORDER BY process_id, minute_us, route_minute.name, outcome
LIMIT ?6`;

const DEFAULT_PAGE_SIZE = 1_000;

/**
 * Statistics of every name or outcome of a run, the one that took most time first, from what its processes counted: exact but for the
 * percentiles, which are right to 2 %, and whatever was kept of the spans themselves. Memory holds one histogram a name.
 */
export async function readRouteStatistics(
  connection: Connection,
  runId: string,
  options: RouteStatisticsOptions = {},
  pageSize = DEFAULT_PAGE_SIZE,
): Promise<NameStatistics[]> {
  const groups = new Map<string, Tally>();
  const processes = await connection.all<{ id: number }>(SELECT_PROCESSES, [runId]);
  const ids = processes.map(({ id }) => id);
  for await (const row of readRouteRows(connection, ids, options, pageSize)) {
    add(groups, options.by === 'outcome' ? (OUTCOMES[row.outcome] ?? '') : row.name, row);
  }
  return [...groups]
    .map(([name, tally]) => toNameStatistics(name, tally))
    .sort((a, b) => b.totalNanos - a.totalNanos || (a.name < b.name ? -1 : 1));
}

/** What processes counted, minute by minute. Memory holds one page. */
export async function* readRouteRows(
  connection: Connection,
  processIds: readonly number[],
  { sinceMicros = 0, untilMicros = Number.MAX_SAFE_INTEGER }: RouteStatisticsOptions,
  pageSize = DEFAULT_PAGE_SIZE,
): AsyncGenerator<RouteRow> {
  const before = Math.floor(sinceMicros / MINUTE_MICROS) * MINUTE_MICROS - 1;
  for (const processId of processIds) {
    let last: readonly SqlValue[] = [before, 0, 0];
    for (;;) {
      const rows = await connection.all<RouteRow>(SELECT_ROWS, [processId, untilMicros, ...last, pageSize]);
      yield* rows;
      const end = rows.at(-1);
      if (end === undefined || rows.length < pageSize) break;
      last = [end.minute_us, end.stored_name, end.outcome];
    }
  }
}

function add(groups: Map<string, Tally>, group: string, row: RouteRow): void {
  let tally = groups.get(group);
  if (tally === undefined) {
    tally = { histogram: new Histogram(), errors: 0 };
    groups.set(group, tally);
  }
  tally.histogram.merge(row.count, row.sum_ns, row.min_ns, row.max_ns, decodeBuckets(row.buckets));
  if (row.outcome === ERROR) tally.errors += row.count;
}

function toNameStatistics(name: string, { histogram, errors }: Tally): NameStatistics {
  const { count, sumNanos, minNanos, maxNanos } = histogram;
  return {
    name,
    count,
    errors,
    totalNanos: sumNanos,
    averageNanos: sumNanos / count,
    minNanos,
    p50Nanos: histogram.percentile(50),
    p95Nanos: histogram.percentile(95),
    p99Nanos: histogram.percentile(99),
    maxNanos,
    distribution: toDistribution(histogram),
  };
}

/** The buckets of each power of two as one step. */
function toDistribution(histogram: Histogram): DistributionStep[] {
  const steps = new Map<number, number>();
  for (const [bucket, count] of histogram.buckets()) {
    const start = bucketStart(bucket);
    const fromNanos = start < END_OF_SHORTEST_STEP ? 0 : 2 ** Math.floor(Math.log2(start));
    steps.set(fromNanos, (steps.get(fromNanos) ?? 0) + count);
  }
  return [...steps].map(([fromNanos, count]) => ({ fromNanos, count }));
}
