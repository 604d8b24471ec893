import type { KeepReason, SpanEvent, SpanLink, SpanRecord } from '../../trace/span.js';
import { textOf } from '../file/dictionary-text.js';
import { KEEP_REASONS, KINDS, OUTCOMES, TRACE_SEGMENT, tracePrefix } from '../file/schema.js';
import type { Connection } from './connection.js';
import { parseList, parseObject } from './stored-json.js';

/** A span as the file holds it: a record, and who recorded it. */
export interface StoredSpan extends Omit<SpanRecord<unknown>, 'sharedAttributes' | 'sampling'> {
  readonly runId: string;
  readonly processKey: string;
  readonly pid: number;
  readonly threadId: number;
  /** Why it was kept in detail, where not everything was. */
  readonly keepReason?: KeepReason;
  /** With which probability its like was kept: it stands for `1 / keepProbability` spans. */
  readonly keepProbability?: number;
  /** All attributes, shared ones and those that have a field of their own included. */
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
  /** JSON: an array of objects with the fields of a link; `attributes` may be the text of an object. */
  links: string | null;
  /** The same of events. */
  events: string | null;
}

/**
 * A damaged file may hold anything in the place of a text. Attributes stay the text they are, as one that is no JSON
 * would be an error for the whole statement.
 */
const SELECT_LINKS = selectList(
  'link',
  `'traceId', lower(hex(trace_id)), 'spanId', lower(hex(span_id)), 'tracestate', CAST(tracestate AS TEXT),
      'flags', CAST(flags AS INTEGER), 'attributes', CAST(attributes AS TEXT)`,
);

const SELECT_EVENTS = selectList(
  'event',
  `'name', CAST(name AS TEXT), 'timeMicros', CAST(time_us AS INTEGER), 'attributes', CAST(attributes AS TEXT)`,
);

/**
 * Selects the rows that belong to a span, as JSON. Most spans have none, and to look first costs less than to aggregate
 * nothing.
 */
function selectList(table: string, fields: string): string {
  return `CASE WHEN EXISTS (SELECT 1 FROM ${table} WHERE span_row = span.id) THEN (
    SELECT json_group_array(json_object(${fields}) ORDER BY position) FROM ${table} WHERE span_row = span.id
  ) END`;
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
  coalesce(${textOf('span.name')}, '') AS name,
  span.kind, span.start_us, span.duration_ns, span.outcome,
  ${textOf('span.http_method')} AS http_method,
  ${textOf('span.http_route')} AS http_route,
  span.http_status_code,
  ${textOf('span.error_type')} AS error_type,
  ${textOf('span.shared')} AS shared,
  span.attributes, span.keep_reason, span.keep_probability,
  ${SELECT_LINKS} AS links,
  ${SELECT_EVENTS} AS events
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
    ...(row.links !== null && { links: parseList(row.links).map(toLink) }),
    ...(row.events !== null && { events: parseList(row.events).map(toEvent) }),
  };
}

type Parsed = Readonly<Record<string, unknown>>;

function toLink({ traceId, spanId, tracestate, flags, attributes }: Parsed): SpanLink<unknown> {
  return {
    traceId: String(traceId),
    spanId: String(spanId),
    ...(typeof tracestate === 'string' && { tracestate }),
    ...(typeof flags === 'number' && { flags }),
    ...toAttributes(attributes),
  };
}

function toEvent({ name, timeMicros, attributes }: Parsed): SpanEvent<unknown> {
  return { name: String(name), timeMicros: Number(timeMicros) || 0, ...toAttributes(attributes) };
}

function toAttributes(attributes: unknown): Pick<SpanEvent<unknown>, 'attributes'> {
  if (typeof attributes === 'string') return { attributes: parseObject(attributes) };
  return typeof attributes === 'object' && attributes !== null ? { attributes: attributes as Parsed } : {};
}

function parseAttributes(json: string | null): Record<string, unknown> {
  return json === null ? {} : parseObject(json);
}
