import type { Connection } from './connection.js';
import { SELECT_SPANS, type SpanRow, type StoredSpan, toSpan } from './spans.js';

/** A place in the order in which spans are stored. */
export interface NewestSpans {
  readonly spans: readonly StoredSpan[];
  /** Where the next look begins. */
  readonly cursor: number;
}

/** The id of the span that was stored last; 0 if there is none. */
export async function readLastSpanId(connection: Connection): Promise<number> {
  const [last] = await connection.all<{ id: number | null }>('SELECT max(id) AS id FROM span');
  return last?.id ?? 0;
}

/**
 * At most `limit` spans of any run that were stored after the one at `cursor`, in the order they were stored; one short
 * transaction.
 */
export async function readSpansAfter(connection: Connection, cursor: number, limit: number): Promise<NewestSpans> {
  const rows = await connection.all<SpanRow>(`${SELECT_SPANS} WHERE span.id > ?1 ORDER BY span.id LIMIT ?2`, [
    cursor,
    limit,
  ]);
  if (rows.length > 0) {
    return { spans: rows.map(toSpan), cursor: rows.at(-1)?.id ?? cursor };
  }
  // SQLite gives out ids again once all rows with higher ones are deleted; spans go the oldest first, so then all are.
  const last = await readLastSpanId(connection);
  return { spans: [], cursor: last < cursor ? 0 : cursor };
}
