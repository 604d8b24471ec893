import { KEEP_REASONS, KINDS, OUTCOMES, TRACE_SEGMENT, tracePrefix } from '../file/schema.js';
import type { Connection } from './connection.js';

/** One span as the file holds it. */
export interface StoredSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentId?: string;
  /** Whether the parent, if there is one, is a span of another process. */
  readonly isLocalRoot: boolean;
  readonly runId: string;
  readonly processKey: string;
  readonly pid: number;
  readonly threadId: number;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** Microseconds since the epoch. */
  readonly startMicros: number;
  readonly durationNanos: number;
  readonly outcome: (typeof OUTCOMES)[number];
  readonly httpMethod?: string;
  readonly httpRoute?: string;
  readonly httpStatusCode?: number;
  readonly errorType?: string;
  /** Why it was kept in detail, where not everything was. */
  readonly keepReason?: (typeof KEEP_REASONS)[number];
  /** With which probability its like was kept: it stands for `1 / keepProbability` spans. */
  readonly keepProbability?: number;
  /** All attributes, those that have a field of their own included. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A row as {@link SELECT_SPANS} yields it. */
export interface SpanRow {
  id: number;
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  is_local_root: number;
  run_id: string;
  process_key: string;
  pid: number;
  thread_id: number;
  name: string;
  kind: number;
  start_us: number;
  duration_ns: number;
  outcome: number;
  http_method: string | null;
  http_route: string | null;
  http_status_code: number | null;
  error_type: string | null;
  shared: string | null;
  attributes: string | null;
  keep_reason: number | null;
  keep_probability: number | null;
}

/** The text of a column that holds a string's id or, as text, the string itself ("404" is no id). */
export function selectText(column: string): string {
  return `CASE typeof(span.${column})
    WHEN 'integer' THEN (SELECT string.text FROM string WHERE string.id = span.${column})
    ELSE span.${column}
  END AS ${column}`;
}

/** Every column of a span, as {@link toSpan} takes them. */
export const SELECT_SPANS = `
SELECT
  span.id,
  lower(hex(span.trace_id)) AS trace_id,
  lower(hex(span.span_id)) AS span_id,
  nullif(lower(hex(span.parent_id)), '') AS parent_id,
  span.is_local_root,
  run.run_id, process.process_key, process.pid, process.thread_id,
  ${selectText('name')},
  span.kind, span.start_us, span.duration_ns, span.outcome,
  ${selectText('http_method')},
  ${selectText('http_route')},
  span.http_status_code,
  ${selectText('error_type')},
  ${selectText('shared')},
  span.attributes, span.keep_reason, span.keep_probability
FROM span
JOIN process ON process.id = span.process_id
JOIN run ON run.id = process.run_id`;

/** The segments of the index on trace ids (see schema.ts), as a table `segment (number, last)`. */
export const SEGMENTS = `
WITH RECURSIVE segment (number, last) AS (
  SELECT
    (SELECT ${TRACE_SEGMENT} FROM span ORDER BY id LIMIT 1),
    (SELECT ${TRACE_SEGMENT} FROM span ORDER BY id DESC LIMIT 1)
  UNION ALL
  SELECT number + 1, last FROM segment WHERE number < last
)`;

/** Row ids of a trace, whose id is bound to a parameter: one look into each segment of the index (see schema.ts). */
export function traceRows(parameter: string): string {
  return `${SEGMENTS}
SELECT indexed.id
FROM segment
CROSS JOIN span AS indexed
  ON indexed.${TRACE_SEGMENT} = segment.number
  AND ${tracePrefix('indexed.trace_id')} = ${tracePrefix(`unhex(${parameter})`)}
  AND indexed.trace_id = unhex(${parameter})`;
}

export const TRACE_ROWS = traceRows('?1');

const SELECT_TRACE = `${SELECT_SPANS}
WHERE span.id IN (${TRACE_ROWS})
ORDER BY span.start_us, span.duration_ns DESC
LIMIT ?2`;

/** SQLite's word for "all of them". */
const NO_LIMIT = -1;

/** The spans of a trace in order of start, a parent before its children; the first `limit` of them, if it is given. */
export async function readTrace(connection: Connection, traceId: string, limit = NO_LIMIT): Promise<StoredSpan[]> {
  return (await connection.all<SpanRow>(SELECT_TRACE, [traceId, limit])).map(toSpan);
}

export function toSpan(row: SpanRow): StoredSpan {
  return {
    traceId: row.trace_id,
    spanId: row.span_id,
    ...(row.parent_id !== null && { parentId: row.parent_id }),
    isLocalRoot: row.is_local_root === 1,
    runId: row.run_id,
    processKey: row.process_key,
    pid: row.pid,
    threadId: row.thread_id,
    name: row.name,
    kind: KINDS[row.kind] as StoredSpan['kind'],
    startMicros: row.start_us,
    durationNanos: row.duration_ns,
    outcome: OUTCOMES[row.outcome] as StoredSpan['outcome'],
    ...(row.http_method !== null && { httpMethod: row.http_method }),
    ...(row.http_route !== null && { httpRoute: row.http_route }),
    ...(row.http_status_code !== null && { httpStatusCode: row.http_status_code }),
    ...(row.error_type !== null && { errorType: row.error_type }),
    ...(row.keep_reason !== null && { keepReason: KEEP_REASONS[row.keep_reason]! }),
    ...(row.keep_probability !== null && { keepProbability: row.keep_probability }),
    attributes: {
      ...(row.http_method !== null && { 'http.request.method': row.http_method }),
      ...(row.http_route !== null && { 'http.route': row.http_route }),
      ...(row.http_status_code !== null && { 'http.response.status_code': row.http_status_code }),
      ...(row.error_type !== null && { 'error.type': row.error_type }),
      ...parseAttributes(row.shared),
      ...parseAttributes(row.attributes),
    },
  };
}

function parseAttributes(json: string | null): Record<string, unknown> {
  return json === null ? {} : (JSON.parse(json) as Record<string, unknown>);
}
