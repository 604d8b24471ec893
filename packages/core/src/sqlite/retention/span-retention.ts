import { cautiousNowMicros } from '../../trace/clock.js';
import type { Database } from '../file/driver.js';
import { BEGIN_GENERATION } from './string-retention.js';

/** Limits of a file. Spans beyond them are deleted, the oldest first. */
export interface RetentionLimits {
  readonly maxAgeMicros: number;
  readonly maxBytes: number;
}

/**
 * Rows deleted in one transaction: a segment of the trace index (see schema.ts), a few milliseconds. Where there is too
 * much, a quarter of what there is, if that is less, but more than a batch usually brings: a small file would lose all
 * it holds.
 */
const CHUNK_ROWS = 4096;
const MIN_CHUNK_ROWS = 1024;

/** Free pages given back to the file system at once, beyond those that are kept for what comes next. */
const VACUUM_PAGES = 256;
const MAX_FREE_SHARE = 0.1;

/** Rows are in the order they were stored, which is nearly that of time: the oldest are at the front. */
const DELETE_OLDEST = `
DELETE FROM span WHERE id < (SELECT min(id) FROM span) + max(
  ${MIN_CHUNK_ROWS}, min(${CHUNK_ROWS}, ((SELECT max(id) FROM span) - (SELECT min(id) FROM span)) / 4)
)`;

/** Clocks of several hosts differ by so much, and are right. */
const SLACK_MICROS = 3_600_000_000;

const ENDED_US = 'start_us + duration_ns / 1000';

/**
 * The bounds are two queries: SQLite finds a minimum or a maximum by one look-up, and both at once by reading all rows
 * (https://sqlite.org/optoverview.html#minmax).
 *
 * Rows that bear a time to come tell nothing of when they arrived. They go with the rows around them: what arrived
 * before a row that is too old is too old as well. That row is looked for a chunk at a time, over those that tell
 * nothing, up to the last one. A row with a time that may be right goes by that alone: whoever imports spans of long
 * ago writes them behind fresh ones.
 */
const DELETE_OLD = `
WITH RECURSIVE
  bounds (first, last) AS (SELECT (SELECT min(id) FROM span), (SELECT max(id) FROM span)),
  probe (at, ended_us) AS (
    SELECT first + ${CHUNK_ROWS}, (
      SELECT ${ENDED_US} FROM span WHERE id >= min(first + ${CHUNK_ROWS}, last) ORDER BY id LIMIT 1
    ) FROM bounds
    UNION ALL
    SELECT at + ${CHUNK_ROWS}, (
      SELECT ${ENDED_US} FROM span WHERE id >= min(at + ${CHUNK_ROWS}, last) ORDER BY id LIMIT 1
    ) FROM probe, bounds WHERE ended_us > ?2 AND at < last
  ),
  witness (ended_us) AS (SELECT ended_us FROM probe ORDER BY at DESC LIMIT 1)
DELETE FROM span WHERE id < (SELECT first + ${CHUNK_ROWS} FROM bounds) AND (
  ${ENDED_US} < ?1 OR (${ENDED_US} > ?2 AND (SELECT ended_us FROM witness) < ?1)
)`;

/**
 * Links and events whose spans have just been deleted, of the first chunk of rows at most. They go in the same
 * transaction: once all spans are gone, SQLite gives out their row ids again.
 */
const DELETE_LINKS_AND_EVENTS = ['link', 'event'].map(
  (table) => `
DELETE FROM ${table}
WHERE span_row < coalesce((SELECT min(id) FROM span) + ${CHUNK_ROWS}, ${2 ** 53})
  AND NOT EXISTS (SELECT 1 FROM span WHERE span.id = ${table}.span_row)`,
);

/**
 * Deletes processes that have ended and have no spans left, and runs without a process. A process that has not ended
 * may be idle, and its next spans need its row.
 */
const DELETE_GONE = [
  `DELETE FROM process WHERE last_seen_us < ?1 AND ended_at_us IS NOT NULL
     AND coalesce(last_span_id, 0) < (SELECT coalesce(min(id), 9223372036854775807) FROM span)
     AND NOT EXISTS (SELECT 1 FROM open_span WHERE process_id = process.id)
     AND NOT EXISTS (SELECT 1 FROM route_minute WHERE process_id = process.id)`,
  'DELETE FROM run WHERE started_at_us < ?1 AND NOT EXISTS (SELECT 1 FROM process WHERE run_id = run.id)',
];

/** Result of one step. */
export interface Chunk {
  /** Spans deleted. */
  readonly deleted: number;
  /** Whether a generation has begun with that: there may be strings to delete (see string-retention.ts). */
  readonly hasTurned: boolean;
  readonly hasMore: boolean;
}

/** Deletes a chunk of what is too old or too much. */
export async function pruneChunk(database: Database, limits: RetentionLimits): Promise<Chunk> {
  const now = cautiousNowMicros();
  const oldest = now - limits.maxAgeMicros;
  const usage = await usageOf(database);
  let chunk = { deleted: 0, hasTurned: false };
  if (usage.usedBytes > limits.maxBytes) chunk = await deleteSpans(database, DELETE_OLDEST);
  else if (Number.isFinite(oldest))
    chunk = await deleteSpans(database, DELETE_OLD, [Math.floor(oldest), Math.floor(now + SLACK_MICROS)]);
  const hasDeleted = chunk.deleted > 0;
  if (usage.freePages > VACUUM_PAGES && usage.freePages > usage.pages * MAX_FREE_SHARE) {
    await database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    // A file that was not made for it never shrinks.
    const { freePages } = await usageOf(database);
    return { ...chunk, hasMore: hasDeleted || freePages < usage.freePages };
  }
  return { ...chunk, hasMore: hasDeleted };
}

/** Deletes processes and runs that are too old and have nothing left in the file. */
export async function pruneGone(database: Database, limits: RetentionLimits): Promise<void> {
  const oldest = Math.floor(cautiousNowMicros() - limits.maxAgeMicros);
  if (!Number.isFinite(oldest)) return;
  await database.transaction(DELETE_GONE.map((sql) => ({ sql, parameters: [oldest] })));
}

async function deleteSpans(
  database: Database,
  sql: string,
  parameters: readonly number[] = [],
): Promise<Pick<Chunk, 'deleted' | 'hasTurned'>> {
  const results = await database.transaction([
    { sql, parameters },
    { sql: 'SELECT changes() AS count WHERE changes() > 0', mustFind: true },
    { sql: BEGIN_GENERATION },
    ...DELETE_LINKS_AND_EVENTS.map((statement) => ({ sql: statement })),
  ]);
  if (results === undefined) return { deleted: 0, hasTurned: false };
  const [, changes, generation] = results as [object[], [{ count: number }], object[]];
  return { deleted: changes[0].count, hasTurned: generation.length > 0 };
}

interface Usage {
  readonly pages: number;
  readonly freePages: number;
  readonly usedBytes: number;
}

async function usageOf(database: Database): Promise<Usage> {
  const [row] = await database.all<{ pages: number; free: number; size: number }>(
    `SELECT page_count AS pages, freelist_count AS free, page_size AS size
     FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`,
  );
  const { pages, free, size } = row!;
  return { pages, freePages: free, usedBytes: (pages - free) * size };
}
