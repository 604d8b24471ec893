import { Bindings } from './bindings.js';
import type { Connection } from './connection.js';
import { groupBy, type SpanField } from './fields.js';
import { isWithinBounds, matches, readRange, type SpanFilter } from './pages.js';

/** Durations of some spans. Times in nanoseconds. */
export interface Statistics {
  readonly count: number;
  /** Spans with the outcome `error`. */
  readonly errors: number;
  readonly totalNanos: number;
  readonly averageNanos: number;
  readonly minNanos: number;
  /** By nearest rank, as the other percentiles. */
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
  readonly maxNanos: number;
  /** Distribution of the durations, a step for each power of two that has any, the shortest first. */
  readonly distribution: readonly DistributionStep[];
}

/** Number of spans that took from `fromNanos` up to twice as long. The shortest step begins at 0 and ends at 1,024. */
export interface DistributionStep {
  readonly fromNanos: number;
  readonly count: number;
}

/** Durations of the spans of one name. */
export interface NameStatistics extends Statistics {
  readonly name: string;
}

/** Durations of the spans that have one value of a field in common. */
export interface GroupStatistics extends Statistics {
  /** The value, as text; `null` for the spans that have none. */
  readonly name: string | null;
}

interface StatisticsRow extends Omit<GroupStatistics, 'distribution'> {
  distribution: string;
}

/** A file may hold any duration; what is no number is 0. */
const MOST_NANOS = Number.MAX_SAFE_INTEGER;

/**
 * Reads the spans in one pass inside SQLite: its sorter spills to temporary files, so memory stays flat whatever the
 * size of the run. The steps of the distribution are grouped first, as they are few.
 */
function selectStatistics(key: string, label: string, condition: string): string {
  return `
WITH timing AS (
  SELECT ${key} AS group_key, max(min(CAST(coalesce(span.duration_ns, 0) AS INTEGER), ${MOST_NANOS}), 0) AS duration_ns, span.outcome
  FROM span WHERE ${condition}
),
ranked AS (
  SELECT
    group_key, duration_ns, outcome,
    row_number() OVER (PARTITION BY group_key ORDER BY duration_ns) AS rank,
    count(*) OVER (PARTITION BY group_key) AS count
  FROM timing
),
step AS (
  SELECT
    group_key,
    CASE WHEN duration_ns < 1024 THEN 0 ELSE 1 << CAST(log2(duration_ns) AS INTEGER) END AS from_ns,
    count(*) AS count,
    count(*) FILTER (WHERE outcome = 1) AS errors,
    total(duration_ns) AS total,
    min(duration_ns) AS min,
    min(duration_ns) FILTER (WHERE rank * 100 >= count * 50) AS p50,
    min(duration_ns) FILTER (WHERE rank * 100 >= count * 95) AS p95,
    min(duration_ns) FILTER (WHERE rank * 100 >= count * 99) AS p99,
    max(duration_ns) AS max
  FROM ranked
  GROUP BY group_key, from_ns
),
summary AS (
  SELECT
    group_key,
    sum(count) AS count, sum(errors) AS errors, sum(total) AS totalNanos, sum(total) / sum(count) AS averageNanos,
    min(min) AS minNanos, min(p50) AS p50Nanos, min(p95) AS p95Nanos, min(p99) AS p99Nanos, max(max) AS maxNanos,
    json_group_array(json_object('fromNanos', from_ns, 'count', count) ORDER BY from_ns) AS distribution
  FROM step
  GROUP BY group_key
)
SELECT
  ${label} AS name,
  count, errors, totalNanos, averageNanos, minNanos, p50Nanos, p95Nanos, p99Nanos, maxNanos, distribution
FROM summary
ORDER BY totalNanos DESC, name`;
}

/**
 * Exact statistics of the spans of a run (of all runs without an id) by a field of theirs, the group that took most
 * time first.
 */
export async function readGroupStatistics(
  connection: Connection,
  runId: string | undefined,
  field: SpanField,
  filter: SpanFilter = {},
): Promise<GroupStatistics[]> {
  const range = await readRange(connection, runId);
  const bindings = new Bindings();
  const { key, label } = groupBy(bindings, field);
  const condition = `${matches(bindings, runId, range, filter)} AND ${isWithinBounds(bindings, 'span.start_us', filter)}`;
  const rows = await connection.all<StatisticsRow>(selectStatistics(key, label, condition), bindings.values);
  return rows.map((row) => ({
    ...row,
    // The column may hold anything.
    name: row.name === null ? null : String(row.name),
    distribution: JSON.parse(row.distribution) as DistributionStep[],
  }));
}

/** Exact statistics of every name of a run, the one that took most time first. */
export async function readStatistics(
  connection: Connection,
  runId: string | undefined,
  filter?: SpanFilter,
): Promise<NameStatistics[]> {
  const groups = await readGroupStatistics(connection, runId, 'name', filter);
  return groups.map((group) => ({ ...group, name: group.name ?? '' }));
}
