import type { Connection } from './connection.js';
import { TRACE_ROWS } from './spans.js';

/** Spans whose parent is of the same process and not in the file, among the newest. */
export interface Orphans {
  /** Number of spans that were looked at. */
  readonly examined: number;
  readonly count: number;
  /** Number of spans whose parent was not looked up. */
  readonly unknown: number;
}

/** Number of the newest spans that are looked at for orphans. */
const WINDOW = 20_000;

/** Parents outside of the window are looked up by their trace, some milliseconds each in a large file. */
const LOOK_UPS = 100;

/** A parent ends after its child; it may be on its way for as long as this. */
const SETTLED_MICROS = 10_000_000;

/**
 * A child is stored before its parent, as it ends before it; so most parents are in the window too. What is left is
 * looked up, and a parent that is still open, on its way, or perhaps in a spill file, is not missed.
 */
const SELECT_MISSED = `
WITH recent AS MATERIALIZED (
  SELECT id, process_id, trace_id, span_id, parent_id, is_local_root, start_us, duration_ns
  FROM span ORDER BY id DESC LIMIT ?1
)
SELECT lower(hex(child.trace_id)) AS trace_id, lower(hex(child.parent_id)) AS parent_id
FROM recent AS child JOIN process ON process.id = child.process_id
WHERE child.parent_id IS NOT NULL AND child.is_local_root = 0
  AND process.spilled = 0
  AND (process.ended_at_us IS NOT NULL OR child.start_us + child.duration_ns / 1000 < process.last_seen_us - ?2)
  AND child.parent_id NOT IN (SELECT span_id FROM recent)
  AND child.parent_id NOT IN (SELECT span_id FROM open_span)`;

const SELECT_PARENT = `SELECT 1 AS found FROM span WHERE span.id IN (${TRACE_ROWS}) AND span.span_id = unhex(?2) LIMIT 1`;

/** Looks for orphans among the newest spans. */
export async function readOrphans(connection: Connection): Promise<Orphans> {
  const [examined] = await connection.all<{ count: number }>(
    'SELECT count(*) AS count FROM (SELECT 1 FROM span ORDER BY id DESC LIMIT ?)',
    [WINDOW],
  );
  const missed = await connection.all<{ trace_id: string; parent_id: string }>(SELECT_MISSED, [WINDOW, SETTLED_MICROS]);
  let count = 0;
  for (const { trace_id: traceId, parent_id: parentId } of missed.slice(0, LOOK_UPS)) {
    const found = await connection.all(SELECT_PARENT, [traceId, parentId]);
    if (found.length === 0) count += 1;
  }
  return { examined: examined?.count ?? 0, count, unknown: Math.max(missed.length - LOOK_UPS, 0) };
}
