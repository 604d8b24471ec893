import type { SqlValue } from './driver.js';
import type { Connection } from './reader-connection.js';
import { SELECT_SPANS, type SpanRow, type StoredSpan, toSpan, traceRows } from './reader-spans.js';

/** Which spans of a run are read; all of them where nothing is given. */
export interface SpanFilter {
  /** Spans of this trace only: 32 lower-case hex digits. */
  readonly traceId?: string;
  /** Spans that started then or later, in microseconds since the epoch. */
  readonly sinceMicros?: number;
  /** Spans that started before, in microseconds since the epoch. */
  readonly untilMicros?: number;
}

/** The row ids between which spans lie. */
export interface RowRange {
  readonly firstId: number;
  readonly lastId: number;
}

/** Where the spans of a run lie as it is now; of all runs without an id. An empty range if there are none. */
export async function readRange(connection: Connection, runId: string | undefined): Promise<RowRange> {
  const [range] = await connection.all<{ first_id: number | null; last_id: number | null }>(SELECT_RANGE, [
    runId ?? null,
  ]);
  return { firstId: range?.first_id ?? 1, lastId: range?.last_id ?? 0 };
}

const SELECT_RANGE = `
SELECT min(process.first_span_id) AS first_id, max(process.last_span_id) AS last_id
FROM process JOIN run ON run.id = process.run_id
WHERE ?1 IS NULL OR run.run_id = ?1`;

/** Spans between two row ids, of the run whose id is bound to `?1` or, if that is NULL, of any. */
export function matches(filter: SpanFilter): string {
  // A look into the index for each page costs less than a scan of the whole run.
  const withinTrace = filter.traceId === undefined ? '?4 IS NULL' : `span.id IN (${traceRows('?4')})`;
  return `span.id >= ?2 AND span.id <= ?3
  AND span.process_id IN (
    SELECT process.id FROM process JOIN run ON run.id = process.run_id WHERE ?1 IS NULL OR run.run_id = ?1
  )
  AND ${withinTrace}`;
}

/** Whether a time in microseconds lies within the bounds that are bound to `?5` and `?6`, of which either may be NULL. */
export function isWithinBounds(micros: string): string {
  return `(?5 IS NULL OR ${micros} >= ?5) AND (?6 IS NULL OR ${micros} < ?6)`;
}

/** The parameters of {@link matches} and {@link isWithinBounds}. */
export function parametersOf(runId: string | undefined, range: RowRange, filter: SpanFilter): SqlValue[] {
  const { traceId, sinceMicros, untilMicros } = filter;
  return [runId ?? null, range.firstId, range.lastId, traceId ?? null, sinceMicros ?? null, untilMicros ?? null];
}

/** The spans of a run as it is now, page by page, in the order they were stored. Each page is a transaction of its own. */
export async function* readSpans(
  connection: Connection,
  runId: string | undefined,
  pageSize: number,
  filter: SpanFilter = {},
): AsyncGenerator<StoredSpan> {
  const selectPage = `${SELECT_SPANS}
    WHERE ${matches(filter)} AND ${isWithinBounds('span.start_us')}
    ORDER BY span.id LIMIT ?7`;
  const { firstId, lastId } = await readRange(connection, runId);
  let nextId = firstId;
  while (nextId <= lastId) {
    const parameters = parametersOf(runId, { firstId: nextId, lastId }, filter);
    const rows = await connection.all<SpanRow>(selectPage, [...parameters, pageSize]);
    for (const row of rows) {
      yield toSpan(row);
      nextId = row.id + 1;
    }
    if (rows.length < pageSize) {
      return;
    }
  }
}
