import { cautiousNowMicros } from '../../trace/clock.js';
import type { Database } from '../file/driver.js';
import { transaction } from '../file/transaction.js';
import { beginGeneration } from './string-retention.js';

/** What is kept; older and more than that is deleted, the oldest first. */
export interface RetentionLimits {
  readonly maxAgeMicros: number;
  readonly maxBytes: number;
}

/**
 * Rows deleted in one transaction: a segment of the trace index (see schema.ts), a few milliseconds. Where there is too much, a quarter of
 * what there is, if that is less, but more than a batch usually brings: a small file would lose all it holds.
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

/** Where what follows is too old as well, the whole chunk goes: some of it may bear the time of a clock that was wrong. */
const DELETE_OLD = `
DELETE FROM span WHERE id < (SELECT min(id) + ${CHUNK_ROWS} FROM span) AND (
  start_us + duration_ns / 1000 < ?1
  OR (SELECT start_us + duration_ns / 1000 FROM span WHERE id >= (SELECT min(id) + ${CHUNK_ROWS} FROM span) ORDER BY id LIMIT 1) < ?1
)`;

/**
 * Of a process that is gone with all its spans, and of a run without a process. One that has not ended may be idle: what it records
 * next would belong to nobody.
 */
const DELETE_GONE = [
  `DELETE FROM process WHERE last_seen_us < ?1 AND ended_at_us IS NOT NULL
     AND coalesce(last_span_id, 0) < (SELECT coalesce(min(id), 9223372036854775807) FROM span)
     AND NOT EXISTS (SELECT 1 FROM open_span WHERE process_id = process.id)
     AND NOT EXISTS (SELECT 1 FROM route_minute WHERE process_id = process.id)`,
  'DELETE FROM run WHERE started_at_us < ?1 AND NOT EXISTS (SELECT 1 FROM process WHERE run_id = run.id)',
];

/** What one step has done. */
export interface Chunk {
  /** Spans deleted. */
  readonly deleted: number;
  /** Whether a generation has begun with that: there may be strings to delete (see string-retention.ts). */
  readonly hasTurned: boolean;
  readonly hasMore: boolean;
}

/** Deletes a chunk of what is too old or too much. */
export async function pruneChunk(database: Database, limits: RetentionLimits): Promise<Chunk> {
  const oldest = cautiousNowMicros() - limits.maxAgeMicros;
  const usage = await usageOf(database);
  let chunk = { deleted: 0, hasTurned: false };
  if (usage.usedBytes > limits.maxBytes) chunk = await deleteSpans(database, DELETE_OLDEST);
  else if (Number.isFinite(oldest)) chunk = await deleteSpans(database, DELETE_OLD, [Math.floor(oldest)]);
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
  await transaction(database, async () => {
    for (const sql of DELETE_GONE) await database.run(sql, [oldest]);
  });
}

async function deleteSpans(
  database: Database,
  sql: string,
  parameters: readonly number[] = [],
): Promise<Pick<Chunk, 'deleted' | 'hasTurned'>> {
  return transaction(database, async () => {
    await database.run(sql, parameters);
    const [row] = await database.all<{ count: number }>('SELECT changes() AS count');
    const deleted = row?.count ?? 0;
    return { deleted, hasTurned: deleted > 0 && (await beginGeneration(database)) };
  });
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
