import type { SpanRecord } from '../../trace/span.js';
import type { Database } from '../file/driver.js';
import { OUTCOMES } from '../file/schema.js';
import { transaction } from '../file/transaction.js';
import { KIND_POSITION } from './span-rows.js';

const INSERT_OPEN_SPANS = `
INSERT INTO open_span (process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, attributes)
SELECT
  ?1, unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5, value ->> 6, value -> 7
FROM json_each(?2)`;

/** Replaces what the file says is open in this process. To be called in the transaction of a tick. */
export async function writeOpenSpans(
  database: Database,
  processId: number,
  openSpans: readonly SpanRecord[],
): Promise<void> {
  await database.run('DELETE FROM open_span WHERE process_id = ?', [processId]);
  if (openSpans.length > 0) await database.run(INSERT_OPEN_SPANS, [processId, JSON.stringify(openSpans.map(toRow))]);
}

function toRow(span: SpanRecord): unknown[] {
  const { httpMethod } = span;
  return [
    span.traceId,
    span.spanId,
    span.parentId,
    span.isLocalRoot ? 1 : 0,
    span.name,
    KIND_POSITION[span.kind],
    span.startMicros,
    { ...(httpMethod && { 'http.request.method': httpMethod }), ...span.sharedAttributes, ...span.attributes },
  ];
}

/** Rows of spans that have ended since the last tick, and are stored. */
const DELETE_ENDED = `
DELETE FROM open_span
WHERE process_id = ?1 AND span_id IN (
  SELECT span_id FROM span
  WHERE id > coalesce((SELECT ticked_span_id FROM process WHERE id = ?1), 0) AND process_id = ?1
)`;

/** One that ended since the last tick and was not kept is no longer open either: the ledger says how many there can be. */
const COUNT_UNSETTLED = `
SELECT max(0, started - stored - sampled_out - dropped_queue_full - dropped_write_failed - dropped_closed
  - dropped_too_large - spilled) AS count
FROM process WHERE id = ?`;

/** For how long they had been open is known by when the process was last seen. */
const INTERRUPT = `
INSERT INTO span (
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome, attributes
)
SELECT
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us,
  max(0, (SELECT last_seen_us FROM process WHERE id = ?1) - start_us) * 1000, ${OUTCOMES.indexOf('interrupted')}, attributes
FROM open_span WHERE process_id = ?1 ORDER BY start_us LIMIT ?2`;

const COUNT_INTERRUPTED = `
UPDATE process SET
  stored = stored + ?2,
  first_span_id = CASE WHEN ?2 = 0 THEN first_span_id ELSE coalesce(first_span_id, last_insert_rowid() - ?2 + 1) END,
  last_span_id = CASE WHEN ?2 = 0 THEN last_span_id ELSE last_insert_rowid() END,
  ended_at_us = last_seen_us, end_reason = 'crashed'
WHERE id = ?1`;

/**
 * Makes the spans that a dead process left open interrupted ones, and says of it that it crashed. Returns their number: none where
 * another process has done so meanwhile, or has taken in how it ended.
 */
export function interruptOpenSpans(database: Database, processId: number): Promise<number> {
  return transaction(database, async () => {
    const [unended] = await database.all('SELECT 1 FROM process WHERE id = ? AND ended_at_us IS NULL', [processId]);
    if (unended === undefined) return 0;
    await database.run(DELETE_ENDED, [processId]);
    const countOf = async (sql: string) => (await database.all<{ count: number }>(sql, [processId]))[0]?.count ?? 0;
    const open = await countOf('SELECT count(*) AS count FROM open_span WHERE process_id = ?');
    const count = Math.min(open, await countOf(COUNT_UNSETTLED));
    if (count > 0) await database.run(INTERRUPT, [processId, count]);
    await database.run('DELETE FROM open_span WHERE process_id = ?', [processId]);
    await database.run(COUNT_INTERRUPTED, [processId, count]);
    return count;
  });
}
