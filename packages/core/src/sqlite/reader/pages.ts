import { Bindings } from './bindings.js';
import type { Connection } from './connection.js';
import { meets, type SpanCondition } from './fields.js';
import { SELECT_SPANS, type SpanRow, type StoredSpan, toSpan, traceRows } from './spans.js';

/** Which spans of a run are read; all of them where nothing is given. */
export interface SpanFilter {
  /** Spans of this trace only: 32 lower-case hex digits. */
  readonly traceId?: string;
  /** Spans that started then or later, in microseconds since the epoch. */
  readonly sinceMicros?: number;
  /** Spans that started before, in microseconds since the epoch. */
  readonly untilMicros?: number;
  /** Spans that meet all of these. */
  readonly where?: readonly SpanCondition[];
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

/**
 * Whether a span lies between two row ids, is of the run or, without an id, of any, and is one that the filter lets
 * through.
 */
export function matches(bindings: Bindings, runId: string | undefined, range: RowRange, filter: SpanFilter): string {
  const run = bindings.add(runId ?? null);
  const conditions = [
    `span.id >= ${bindings.add(range.firstId)} AND span.id <= ${bindings.add(range.lastId)}`,
    `span.process_id IN (
      SELECT process.id FROM process JOIN run ON run.id = process.run_id WHERE ${run} IS NULL OR run.run_id = ${run}
    )`,
  ];
  if (filter.traceId !== undefined) {
    // A look into the index for each page costs less than a scan of the whole run.
    conditions.push(`span.id IN (${traceRows(bindings.add(filter.traceId))})`);
  }
  conditions.push(...(filter.where ?? []).map((condition) => meets(bindings, condition)));
  return conditions.join(' AND ');
}

/** Whether a time in microseconds lies within the bounds of a filter. */
export function isWithinBounds(
  bindings: Bindings,
  micros: string,
  { sinceMicros, untilMicros }: Pick<SpanFilter, 'sinceMicros' | 'untilMicros'>,
): string {
  const since = sinceMicros === undefined ? [] : [`${micros} >= ${bindings.add(sinceMicros)}`];
  const until = untilMicros === undefined ? [] : [`${micros} < ${bindings.add(untilMicros)}`];
  return [...since, ...until].join(' AND ') || 'true';
}

/**
 * Small pages: what lives through two garbage collections is freed late, and a page that is handed on slowly does. Of
 * one trace they are larger, as each costs a look into the whole index.
 */
const PAGE_SIZE = 200;
const TRACE_PAGE_SIZE = 1_000;

/**
 * The spans of a run as it is now, page by page, in the order they were stored. Each page is a transaction of its own.
 */
export async function* readSpans(
  connection: Connection,
  runId: string | undefined,
  pageSize: number | undefined,
  filter: SpanFilter = {},
): AsyncGenerator<StoredSpan> {
  const limit = pageSize ?? (filter.traceId === undefined ? PAGE_SIZE : TRACE_PAGE_SIZE);
  const { firstId, lastId } = await readRange(connection, runId);
  let nextId = firstId;
  while (nextId <= lastId) {
    const bindings = new Bindings();
    const selectPage = `${SELECT_SPANS}
      WHERE ${matches(bindings, runId, { firstId: nextId, lastId }, filter)}
      AND ${isWithinBounds(bindings, 'span.start_us', filter)}
      ORDER BY span.id LIMIT ${bindings.add(limit)}`;
    const rows = await connection.all<SpanRow>(selectPage, bindings.values);
    for (const row of rows) {
      yield toSpan(row);
      nextId = row.id + 1;
    }
    if (rows.length < limit) {
      return;
    }
  }
}
