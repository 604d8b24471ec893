import { addBuckets, BUCKETS, bucketCounts, bucketStart, Histogram } from '../../statistics/histogram.js';
import { textOf } from '../file/dictionary-text.js';
import type { SqlValue } from '../file/driver.js';
import { OUTCOMES } from '../file/schema.js';
import type { Connection } from './connection.js';
import type { DistributionStep, NameStatistics } from './statistics.js';

/**
 * Which minutes of a run: microseconds since the epoch; a minute counts as a whole, and so does an hour that minutes
 * have become.
 */
export interface RouteStatisticsOptions {
  /** Leaves out minutes before the one that this falls into. */
  readonly sinceMicros?: number;
  /** Leaves out minutes that begin then or later. */
  readonly untilMicros?: number;
  /** Default `name`. */
  readonly by?: 'name' | 'outcome';
}

/** Counts of one name and outcome in one minute of one process. */
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

/** Counts of a name and outcome in one page. */
interface PageRow {
  name: string;
  outcome: number;
  count: number;
  sum_ns: number;
  min_ns: number;
  max_ns: number;
  /** The columns `buckets` of some minutes, one after the other. */
  buckets: string;
}

interface Tally {
  count: number;
  errors: number;
  sumNanos: number;
  minNanos: number;
  maxNanos: number;
  readonly counters: Float64Array;
}

export const MINUTE_MICROS = 60_000_000;
/** Everything below counts as one step of a distribution. */
const END_OF_SHORTEST_STEP = 1_024;

export const ERROR = OUTCOMES.indexOf('error');

const SELECT_PROCESSES = `
SELECT process.id FROM process JOIN run ON run.id = process.run_id WHERE ?1 IS NULL OR run.run_id = ?1 ORDER BY process.id`;

/**
 * Behind a key in the order of the primary key. Pages go along it: no transaction is held between two of them, and a
 * row that its process replaces meanwhile, with a new row id, is read once all the same.
 */
const BEHIND = 'process_id = ?1 AND minute_us < ?2 AND (minute_us, route_minute.name, outcome) > (?3, ?4, ?5)';

const NAME = `${textOf('route_minute.name')} AS name`;

const SELECT_ROWS = `
SELECT minute_us, route_minute.name AS stored_name, ${NAME}, outcome, count, sum_ns, min_ns, max_ns, buckets
FROM route_minute WHERE ${BEHIND}
ORDER BY process_id, minute_us, route_minute.name, outcome LIMIT ?6`;

const SELECT_PAGE_END = `
SELECT minute_us, name, outcome FROM route_minute WHERE ${BEHIND}
ORDER BY process_id, minute_us, name, outcome LIMIT 1 OFFSET ?6`;

/** SQLite adds up what it can: to hand over each row costs more than to read it. */
const SELECT_PAGE = `
SELECT
  ${NAME},
  outcome, sum(count) AS count, sum(sum_ns) AS sum_ns, min(min_ns) AS min_ns, max(max_ns) AS max_ns,
  group_concat(buckets) AS buckets
FROM route_minute
WHERE ${BEHIND} AND (minute_us, name, outcome) <= (?6, ?7, ?8)
GROUP BY route_minute.name, outcome`;

const DEFAULT_PAGE_SIZE = 5_000;

/** No key comes after this one: texts are sorted after numbers, and blobs, which no name is, after texts. */
const END: readonly SqlValue[] = [Number.MAX_SAFE_INTEGER, 0, 0];

/**
 * Statistics of every name or outcome of a run (of all runs without an id), the one that took most time first, from
 * what its processes counted: exact but for the percentiles, which are right to 2 %, and whatever was kept of the spans
 * themselves. Memory holds a page, and one histogram a name.
 */
export async function readRouteStatistics(
  connection: Connection,
  runId: string | undefined,
  options: RouteStatisticsOptions = {},
  pageSize = DEFAULT_PAGE_SIZE,
): Promise<NameStatistics[]> {
  const groups = new Map<string, Tally>();
  for (const { id } of await connection.all<{ id: number }>(SELECT_PROCESSES, [runId ?? null])) {
    for await (const rows of readPages(connection, id, options, pageSize)) {
      for (const row of rows) {
        add(groups, options.by === 'outcome' ? (OUTCOMES[row.outcome] ?? '') : row.name, row);
      }
    }
  }
  return [...groups]
    .map(([name, tally]) => toNameStatistics(name, tally))
    .sort((a, b) => b.totalNanos - a.totalNanos || (a.name < b.name ? -1 : 1));
}

async function* readPages(
  connection: Connection,
  processId: number,
  { sinceMicros = 0, untilMicros = Number.MAX_SAFE_INTEGER }: RouteStatisticsOptions,
  pageSize: number,
): AsyncGenerator<PageRow[]> {
  let last: readonly SqlValue[] = [Math.floor(sinceMicros / MINUTE_MICROS) * MINUTE_MICROS - 1, 0, 0];
  for (;;) {
    const behind = [processId, untilMicros, ...last];
    const [end] = await connection.all<{ minute_us: number; name: SqlValue; outcome: number }>(SELECT_PAGE_END, [
      ...behind,
      pageSize - 1,
    ]);
    const key = end === undefined ? END : [end.minute_us, end.name, end.outcome];
    yield await connection.all<PageRow>(SELECT_PAGE, [...behind, ...key]);
    if (end === undefined) return;
    last = key;
  }
}

/** Reads the counts of processes, minute by minute. Memory holds one page. */
export async function* readRouteRows(
  connection: Connection,
  processIds: readonly number[],
  { sinceMicros = 0, untilMicros = Number.MAX_SAFE_INTEGER }: RouteStatisticsOptions,
  pageSize: number,
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

function add(groups: Map<string, Tally>, group: string, row: PageRow): void {
  let tally = groups.get(group);
  if (tally === undefined) {
    tally = {
      count: 0,
      errors: 0,
      sumNanos: 0,
      minNanos: Number.POSITIVE_INFINITY,
      maxNanos: 0,
      counters: new Float64Array(BUCKETS),
    };
    groups.set(group, tally);
  }
  tally.count += row.count;
  tally.sumNanos += row.sum_ns;
  tally.minNanos = Math.min(tally.minNanos, row.min_ns);
  tally.maxNanos = Math.max(tally.maxNanos, row.max_ns);
  if (row.outcome === ERROR) tally.errors += row.count;
  addBuckets(tally.counters, row.buckets);
}

function toNameStatistics(name: string, tally: Tally): NameStatistics {
  const { count, errors, sumNanos, minNanos, maxNanos } = tally;
  const histogram = new Histogram();
  histogram.merge(count, sumNanos, minNanos, maxNanos, bucketCounts(tally.counters));
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
