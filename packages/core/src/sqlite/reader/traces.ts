import { Bindings } from './bindings.js';
import type { Connection } from './connection.js';
import { isWithinBounds, matches, type RowRange, readRange, type SpanFilter } from './pages.js';
import { SELECT_SPANS, type SpanRow, type StoredSpan, toSpan } from './spans.js';

/** Which traces are read. A trace is not chosen by what one of its spans is. */
export type TraceFilter = Omit<SpanFilter, 'where'>;

/** A trace, or a part of a very long one. */
export interface StoredTrace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 0, and counting where a trace has more spans than are handed over at once. */
  readonly part: number;
  /** In order of start, a parent before its children. Never empty. */
  readonly spans: readonly StoredSpan[];
}

const CREATE_ORDER = `
CREATE TEMP TABLE span_order (position INTEGER PRIMARY KEY, span_id INTEGER NOT NULL)`;

/**
 * Brings spans that lie anywhere in the file together by trace, the trace that started first before the others. To look
 * each trace up by its id instead costs a look into every segment of the index (see schema.ts) for every trace: hours
 * at ten million spans, where this takes seconds. SQLite's sorter spills to temporary files, so memory stays flat.
 *
 * A parent with the start and duration of its child is stored after it, as it ends after it.
 */
function fillOrder(bindings: Bindings, runId: string | undefined, range: RowRange, filter: TraceFilter): string {
  return `
INSERT INTO temp.span_order (span_id)
SELECT id FROM (
  SELECT
    span.id, span.start_us, span.duration_ns,
    min(span.id) OVER trace AS trace_number, min(span.start_us) OVER trace AS trace_start
  FROM span
  WHERE ${matches(bindings, runId, range, filter)}
  WINDOW trace AS (PARTITION BY span.trace_id)
)
WHERE ${isWithinBounds(bindings, 'trace_start', filter)}
ORDER BY trace_start, trace_number, start_us, duration_ns DESC, id DESC`;
}

const SELECT_LAST = 'SELECT max(position) AS last FROM temp.span_order';

const SELECT_PAGE = `${SELECT_SPANS}
JOIN temp.span_order ON span_order.span_id = span.id
WHERE span_order.position > ?1 AND span_order.position <= ?2
ORDER BY span_order.position`;

/** Small, as of {@link readSpans}. */
const PAGE_SIZE = 200;

/**
 * The traces of a run as it is now, the one that started first before the others. They are sorted on a connection of
 * their own, whose temporary table goes when the reading ends.
 */
export async function* readTraces(
  connect: () => Promise<Connection>,
  runId: string | undefined,
  maxSpans: number,
  filter: TraceFilter,
): AsyncGenerator<StoredTrace> {
  const connection = await connect();
  try {
    const range = await readRange(connection, runId);
    await connection.scratch(CREATE_ORDER);
    const bindings = new Bindings();
    await connection.scratch(fillOrder(bindings, runId, range, filter), bindings.values);
    let spans: StoredSpan[] = [];
    let part = 0;
    for await (const span of readInOrder(connection)) {
      const traceId = spans[0]?.traceId;
      if (traceId !== undefined && (span.traceId !== traceId || spans.length >= maxSpans)) {
        yield { traceId, part, spans };
        part = span.traceId === traceId ? part + 1 : 0;
        spans = [];
      }
      spans.push(span);
    }
    if (spans[0] !== undefined) {
      yield { traceId: spans[0].traceId, part, spans };
    }
  } finally {
    await connection.close();
  }
}

async function* readInOrder(connection: Connection): AsyncGenerator<StoredSpan> {
  const [order] = await connection.all<{ last: number | null }>(SELECT_LAST);
  const last = order?.last ?? 0;
  for (let position = 0; position < last; position += PAGE_SIZE) {
    // Fewer rows than asked for are spans that have been deleted meanwhile.
    const rows = await connection.all<SpanRow>(SELECT_PAGE, [position, position + PAGE_SIZE]);
    yield* rows.map(toSpan);
  }
}
