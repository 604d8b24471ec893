import type { Connection } from './reader-connection.js';
import { RUN_MEMBERS, WITHIN_RUN } from './reader-spans.js';

/** What the spans of one name took. Times in nanoseconds; percentiles are exact, by nearest rank. */
export interface NameStatistics {
  readonly name: string;
  readonly count: number;
  /** Spans with the outcome `error`. */
  readonly errors: number;
  readonly totalNanos: number;
  readonly averageNanos: number;
  readonly minNanos: number;
  readonly p50Nanos: number;
  readonly p95Nanos: number;
  readonly p99Nanos: number;
  readonly maxNanos: number;
}

/**
 * One pass, inside SQLite: its sorter spills to temporary files, so memory stays flat whatever the size of the run.
 * `name_key` is one value a name, an integer wherever there is one: two processes may have stored the same name as a
 * string's id and as the text itself.
 */
const SELECT_STATISTICS = `
WITH ${RUN_MEMBERS},
timing AS (
  SELECT
    CASE typeof(span.name)
      WHEN 'integer' THEN span.name
      ELSE coalesce((SELECT string.id FROM string WHERE string.text = span.name), span.name)
    END AS name_key,
    span.duration_ns,
    span.outcome
  FROM span
  WHERE ${WITHIN_RUN}
),
ranked AS (
  SELECT
    name_key, duration_ns, outcome,
    row_number() OVER (PARTITION BY name_key ORDER BY duration_ns) AS rank,
    count(*) OVER (PARTITION BY name_key) AS count
  FROM timing
),
summary AS (
  SELECT
    name_key,
    count(*) AS count,
    count(*) FILTER (WHERE outcome = 1) AS errors,
    total(duration_ns) AS totalNanos,
    avg(duration_ns) AS averageNanos,
    min(duration_ns) AS minNanos,
    min(duration_ns) FILTER (WHERE rank * 100 >= count * 50) AS p50Nanos,
    min(duration_ns) FILTER (WHERE rank * 100 >= count * 95) AS p95Nanos,
    min(duration_ns) FILTER (WHERE rank * 100 >= count * 99) AS p99Nanos,
    max(duration_ns) AS maxNanos
  FROM ranked
  GROUP BY name_key
)
SELECT
  CASE typeof(name_key)
    WHEN 'integer' THEN (SELECT string.text FROM string WHERE string.id = name_key)
    ELSE name_key
  END AS name,
  count, errors, totalNanos, averageNanos, minNanos, p50Nanos, p95Nanos, p99Nanos, maxNanos
FROM summary
ORDER BY totalNanos DESC, name`;

/** Statistics of every name of a run, the one that took most time first. */
export function readStatistics(connection: Connection, runId: string): Promise<NameStatistics[]> {
  return connection.all<NameStatistics>(SELECT_STATISTICS, [runId]);
}
