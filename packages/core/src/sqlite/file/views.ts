import { textOf } from './dictionary-text.js';
import { KEEP_REASONS, KINDS, OUTCOMES } from './schema.js';

/** A `CASE` that turns a stored position back into its word. */
function word(column: string, words: readonly string[]): string {
  return `CASE ${column} ${words.map((text, index) => `WHEN ${index} THEN '${text}'`).join(' ')} END`;
}

/** The public face. */
export const VIEWS = [
  'ferret_runs_v1',
  'ferret_processes_v1',
  'ferret_spans_v1',
  'ferret_links_v1',
  'ferret_events_v1',
  'ferret_open_spans_v1',
  'ferret_routes_v1',
  'ferret_percentiles_v1',
  'ferret_minutes_v1',
] as const;

export const DROP_VIEWS = VIEWS.map((view) => `DROP VIEW IF EXISTS ${view};`).join('\n');

/**
 * By nearest rank, as in statistics/histogram.ts: the middle of a bucket, within the least and the greatest duration.
 */
function percentile(percent: number): string {
  const middle = `min(middle_ns) FILTER (WHERE reached * 100 >= counted.count * ${percent})`;
  return `CASE WHEN counted.count * ${100 - percent} < 100 THEN max_ns ELSE max(min(${middle}, max_ns), min_ns) END`;
}

/** A view of `ferret_routes_v1` with a row for each value of `columns`, and percentiles read off the histograms. */
function percentilesView(view: string, columns: readonly string[]): string {
  const keys = columns.join(', ');
  return `
CREATE VIEW ${view} AS
WITH minute AS (
  SELECT run_id, name, minute_us / 60000000 * 60000000 AS minute_us, outcome, count, min_ns, max_ns, buckets FROM ferret_routes_v1
),
counted AS (
  SELECT
    ${keys},
    sum(count) AS count,
    sum(count) FILTER (WHERE outcome = 'error') AS errors,
    min(min_ns) AS min_ns,
    max(max_ns) AS max_ns
  FROM minute
  GROUP BY ${keys}
),
filled AS (
  SELECT ${keys}, json_extract(bucket.value, '$[0]') AS bucket, sum(json_extract(bucket.value, '$[1]')) AS count
  FROM minute, json_each(buckets) AS bucket
  GROUP BY ${keys}, json_extract(bucket.value, '$[0]')
),
reached AS (
  SELECT
    ${keys},
    (65 + bucket % 32 * 2) << (3 + bucket / 32) AS middle_ns,
    sum(count) OVER (PARTITION BY ${keys} ORDER BY bucket) AS reached
  FROM filled
)
SELECT
  ${keys}, counted.count, coalesce(errors, 0) AS errors,
${[50, 95, 99].map((percent) => `  ${percentile(percent)} AS p${percent}_ns`).join(',\n')},
  max_ns
FROM counted JOIN reached USING (${keys})
GROUP BY ${keys};`;
}

/**
 * SQLite 3.37 is the oldest that has STRICT tables. A view that it cannot parse would make the file unreadable to it:
 * no `->>`.
 */
export const CREATE_VIEWS = `
CREATE VIEW ferret_runs_v1 AS
SELECT
  run.run_id,
  run.service,
  run.started_at_us,
  (SELECT CASE WHEN count(*) = count(ended_at_us) THEN max(ended_at_us) END FROM process WHERE process.run_id = run.id)
    AS ended_at_us,
  run.resource
FROM run;

CREATE VIEW ferret_processes_v1 AS
SELECT
  run.run_id, process.process_key, process.pid, process.thread_id, process.thread_name, process.hostname,
  process.node_version, process.started_at_us, process.last_seen_us, process.ended_at_us, process.end_reason,
  process.started, process.stored, process.sampled_out, process.dropped_queue_full, process.dropped_write_failed,
  process.dropped_closed, process.dropped_too_large, process.spilled, process.folded
FROM process JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_spans_v1 AS
SELECT
  span.trace_text AS trace_id,
  span.span_text AS span_id,
  span.parent_text AS parent_id,
  run.run_id,
  process.process_key,
  process.pid,
  process.thread_id,
  ${textOf('span.name')} AS name,
  ${word('span.kind', KINDS)} AS kind,
  span.start_us,
  span.duration_ns,
  ${word('span.outcome', OUTCOMES)} AS outcome,
  ${textOf('span.http_method')} AS http_method,
  ${textOf('span.http_route')} AS http_route,
  span.http_status_code,
  ${textOf('span.error_type')} AS error_type,
  json_patch(
    json_patch(
      '{}',
      json_object(
        'http.request.method', ${textOf('span.http_method')},
        'http.route', ${textOf('span.http_route')},
        'http.response.status_code', span.http_status_code,
        'error.type', ${textOf('span.error_type')}
      )
    ),
    json_patch(coalesce(${textOf('span.shared')}, '{}'), coalesce(span.attributes, '{}'))
  ) AS attributes,
  ${word('span.keep_reason', KEEP_REASONS)} AS keep_reason,
  span.keep_probability
FROM span
JOIN process ON process.id = span.process_id
JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_links_v1 AS
SELECT
  span.trace_text AS trace_id,
  span.span_text AS span_id,
  run.run_id,
  process.process_key,
  link.trace_text AS linked_trace_id,
  link.span_text AS linked_span_id,
  link.tracestate,
  link.flags,
  coalesce(link.attributes, '{}') AS attributes
FROM link
JOIN span ON span.id = link.span_row
JOIN process ON process.id = span.process_id
JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_events_v1 AS
SELECT
  span.trace_text AS trace_id,
  span.span_text AS span_id,
  run.run_id,
  process.process_key,
  event.time_us,
  event.name,
  coalesce(event.attributes, '{}') AS attributes
FROM event
JOIN span ON span.id = event.span_row
JOIN process ON process.id = span.process_id
JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_open_spans_v1 AS
SELECT
  lower(hex(open_span.trace_id)) AS trace_id,
  lower(hex(open_span.span_id)) AS span_id,
  nullif(lower(hex(open_span.parent_id)), '') AS parent_id,
  run.run_id,
  process.process_key,
  process.pid,
  process.thread_id,
  open_span.name,
  ${word('open_span.kind', KINDS)} AS kind,
  open_span.start_us,
  coalesce(open_span.attributes, '{}') AS attributes,
  coalesce(open_span.links, '[]') AS links,
  coalesce(open_span.events, '[]') AS events
FROM open_span
JOIN process ON process.id = open_span.process_id
JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_routes_v1 AS
SELECT
  run.run_id,
  process.process_key,
  route_minute.minute_us,
  ${textOf('route_minute.name')} AS name,
  ${word('route_minute.outcome', OUTCOMES)} AS outcome,
  route_minute.count,
  route_minute.sum_ns,
  route_minute.min_ns,
  route_minute.max_ns,
  route_minute.buckets
FROM route_minute
JOIN process ON process.id = route_minute.process_id
JOIN run ON run.id = process.run_id;

${percentilesView('ferret_percentiles_v1', ['run_id', 'name'])}

${percentilesView('ferret_minutes_v1', ['run_id', 'name', 'minute_us'])}
`;
