import { cautiousNowMicros } from '../../trace/clock.js';
import type { Database } from '../file/driver.js';
import type { RetentionLimits } from './span-retention.js';

const HOUR_MICROS = 3_600_000_000;
const DAY_MICROS = 24 * HOUR_MICROS;

/** Minutes stay apart for so long; where there is too little room, for as long as anybody could be writing them. */
const MINUTES_KEPT_MICROS = DAY_MICROS;
const MINUTES_KEPT_IN_NEED_MICROS = HOUR_MICROS;

/** Share of the file that statistics may take, with their names. More would cost more spans than they are worth. */
const MAX_SHARE = 0.25;

/** Rows of one transaction: some ten milliseconds. */
const ROLLED_UP_ROWS = 256;
const DELETED_ROWS = 2_048;

/** A row's bytes: its histogram, and what the other columns and the index take. */
const BYTES = 'octet_length(buckets) + 72';

/** Bytes of the names that something was counted under, each with its indexes. */
const SELECT_NAME_BYTES = `
SELECT coalesce(sum(2 * octet_length(text) + 32), 0) AS bytes FROM string WHERE id IN (SELECT name FROM route_minute)`;

/**
 * The first hour of a process with minutes beside the hour's own row, by two look-ups an hour. A process that may not
 * have written all of them yet is left alone: rows are replaced as a whole, and what has gone into an hour would count
 * twice.
 */
const FIND_MINUTES = `
WITH RECURSIVE hour (process_id, final_before, at) AS (
  SELECT
    id, CASE WHEN ended_at_us IS NULL THEN last_seen_us - ${HOUR_MICROS} ELSE ?1 END,
    (SELECT min(minute_us) / ${HOUR_MICROS} * ${HOUR_MICROS} FROM route_minute WHERE process_id = process.id)
  FROM process
  UNION ALL
  SELECT
    process_id, final_before,
    (SELECT min(minute_us) / ${HOUR_MICROS} * ${HOUR_MICROS} FROM route_minute
     WHERE process_id = hour.process_id AND minute_us >= hour.at + ${HOUR_MICROS})
  FROM hour
  WHERE at + ${HOUR_MICROS} <= min(?1, final_before)
)
SELECT process_id, at FROM hour
WHERE at + ${HOUR_MICROS} <= min(?1, final_before) AND EXISTS (
  SELECT 1 FROM route_minute
  WHERE process_id = hour.process_id AND minute_us > hour.at AND minute_us < hour.at + ${HOUR_MICROS}
)
LIMIT 1`;

const MINUTES = `
FROM route_minute WHERE process_id = ?1 AND minute_us > ?2 AND minute_us < ?2 + ${HOUR_MICROS}
ORDER BY minute_us, name, outcome LIMIT ${ROLLED_UP_ROWS}`;

const ADD_TO_HOUR = `
INSERT INTO route_minute (process_id, minute_us, name, outcome, count, sum_ns, min_ns, max_ns, buckets)
SELECT process_id, ?2, name, outcome, count, sum_ns, min_ns, max_ns, buckets FROM (SELECT * ${MINUTES}) WHERE true
ON CONFLICT (process_id, minute_us, name, outcome) DO UPDATE SET
  count = count + excluded.count,
  sum_ns = sum_ns + excluded.sum_ns,
  min_ns = min(min_ns, excluded.min_ns),
  max_ns = max(max_ns, excluded.max_ns),
  buckets = (
    SELECT json_group_array(json_array(bucket, count) ORDER BY bucket)
    FROM (
      SELECT bucket, sum(count) AS count
      FROM (
        SELECT value ->> 0 AS bucket, value ->> 1 AS count FROM json_each(route_minute.buckets)
        UNION ALL SELECT value ->> 0, value ->> 1 FROM json_each(excluded.buckets)
      )
      GROUP BY bucket
    )
  )`;

const DELETE_MINUTES = `DELETE FROM route_minute WHERE rowid IN (SELECT rowid ${MINUTES})`;

const FIND_OLDEST = `
SELECT id AS process_id, (SELECT min(minute_us) FROM route_minute WHERE process_id = process.id) AS at
FROM process WHERE at < ? ORDER BY at LIMIT 1`;

/** Rows of one process in the hour that begins with its oldest, so that processes lose the same hours. */
const OLDEST = `
SELECT rowid, buckets FROM route_minute WHERE process_id = ?1 AND minute_us < min(?2 + ${HOUR_MICROS}, ?3)
ORDER BY minute_us, name, outcome LIMIT ${DELETED_ROWS}`;

const SELECT_BYTES = `SELECT coalesce(sum(${BYTES}), 0) AS bytes FROM`;

/**
 * Keeps what was counted within bounds: too old minutes go; those of more than a day ago become hours. When that is
 * still more than a quarter of what the file may hold, all but the last hours do, and then the oldest go.
 *
 * Goes on to the next piece each time it is asked: a transaction of some milliseconds.
 */
export async function* pruneRouteMinutes(database: Database, limits: RetentionLimits): AsyncGenerator<void, void> {
  const now = cautiousNowMicros();
  yield* deleteOldest(database, Math.floor(now - limits.maxAgeMicros), Number.POSITIVE_INFINITY);
  yield* rollUp(database, now - MINUTES_KEPT_MICROS);
  const allowed = limits.maxBytes * MAX_SHARE;
  if (allowed === Number.POSITIVE_INFINITY || (await usageOf(database)).bytes <= allowed) return;
  yield* rollUp(database, now - MINUTES_KEPT_IN_NEED_MICROS);
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const { bytes, rowBytes } = await usageOf(database);
    // Rows that belong to no process, of a file that was damaged say, are not found.
    if (bytes <= allowed || rowBytes >= before) return;
    before = rowBytes;
    // Names go with their rows: with as large a part of them at most, so that it may take another look.
    yield* deleteOldest(database, Number.MAX_SAFE_INTEGER, (bytes - allowed) * (rowBytes / bytes));
  }
}

async function* rollUp(database: Database, before: number): AsyncGenerator<void, void> {
  for (;;) {
    const [hour] = await database.all<{ process_id: number; at: number }>(FIND_MINUTES, [before]);
    if (hour === undefined) return;
    const parameters = [hour.process_id, hour.at];
    await database.transaction([ADD_TO_HOUR, DELETE_MINUTES].map((sql) => ({ sql, parameters })));
    yield;
  }
}

/** Deletes rows of before that time, the oldest first, until so many bytes are free. */
async function* deleteOldest(database: Database, before: number, bytes: number): AsyncGenerator<void, void> {
  if (!Number.isFinite(before)) return;
  for (let left = bytes; left > 0; ) {
    const [oldest] = await database.all<{ process_id: number; at: number }>(FIND_OLDEST, [before]);
    if (oldest === undefined) return;
    const parameters = [oldest.process_id, oldest.at, before];
    left -= await bytesOf(database, `(${OLDEST})`, parameters);
    await database.run(`DELETE FROM route_minute WHERE rowid IN (SELECT rowid FROM (${OLDEST}))`, parameters);
    yield;
  }
}

async function usageOf(database: Database): Promise<{ readonly bytes: number; readonly rowBytes: number }> {
  const rowBytes = await bytesOf(database, 'route_minute');
  const [names] = await database.all<{ bytes: number }>(SELECT_NAME_BYTES);
  return { bytes: rowBytes + (names?.bytes ?? 0), rowBytes };
}

async function bytesOf(database: Database, rows: string, parameters: readonly number[] = []): Promise<number> {
  const [row] = await database.all<{ bytes: number }>(`${SELECT_BYTES} ${rows}`, parameters);
  return row?.bytes ?? 0;
}
