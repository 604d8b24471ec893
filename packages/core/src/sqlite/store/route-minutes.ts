import type { RouteMinute } from '../../statistics/route-statistics.js';
import type { Database } from '../file/driver.js';
import { OUTCOMES } from '../file/schema.js';

/**
 * Names always get an id here, also where the dictionary of spans is full: stored once as a text and once as an id, a
 * name would have two rows for one minute, and count twice. A process has 2,001 names at most.
 */
const INSERT_NAMES = `
INSERT INTO string (text, generation)
SELECT DISTINCT value ->> 1, (SELECT number FROM generation) FROM jsonb_each(?) WHERE true
ON CONFLICT (text) DO UPDATE SET generation = excluded.generation WHERE generation < excluded.generation`;

/** Rows are whole, so that writing one twice does no harm. */
const REPLACE_ROWS = `
INSERT OR REPLACE INTO route_minute (process_id, minute_us, name, outcome, count, sum_ns, min_ns, max_ns, buckets)
SELECT
  ?1, value ->> 0, (SELECT id FROM string WHERE text = value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5,
  value ->> 6, value ->> 7
FROM jsonb_each(?2)`;

/** Writes what a process has counted. To be called in a transaction. */
export async function writeRouteMinutes(
  database: Pick<Database, 'run'>,
  processId: number,
  minutes: readonly RouteMinute[],
): Promise<void> {
  if (minutes.length === 0) return;
  const rows = JSON.stringify(minutes.map(toRow));
  await database.run(INSERT_NAMES, [rows]);
  await database.run(REPLACE_ROWS, [processId, rows]);
}

function toRow({ minuteMicros, name, outcome, count, sumNanos, minNanos, maxNanos, buckets }: RouteMinute): unknown[] {
  return [minuteMicros, name, OUTCOMES.indexOf(outcome), count, sumNanos, minNanos, maxNanos, buckets];
}
