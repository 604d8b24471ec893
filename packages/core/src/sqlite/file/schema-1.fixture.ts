import { openDatabase } from './driver.js';

/** The file format as the first version wrote it, kept as it was. */
const SCHEMA_1 = `
BEGIN;
PRAGMA application_id = 1179800148;
PRAGMA user_version = 1;
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  started_at_us INTEGER NOT NULL,
  resource TEXT NOT NULL
) STRICT;

CREATE TABLE process (
  id INTEGER PRIMARY KEY,
  process_key TEXT NOT NULL UNIQUE,
  run_id INTEGER NOT NULL REFERENCES run (id),
  pid INTEGER NOT NULL,
  thread_id INTEGER NOT NULL,
  thread_name TEXT NOT NULL,
  hostname TEXT NOT NULL,
  node_version TEXT NOT NULL,
  started_at_us INTEGER NOT NULL,
  last_seen_us INTEGER NOT NULL,
  ended_at_us INTEGER,
  end_reason TEXT,
  started INTEGER NOT NULL DEFAULT 0,
  stored INTEGER NOT NULL DEFAULT 0,
  sampled_out INTEGER NOT NULL DEFAULT 0,
  dropped_queue_full INTEGER NOT NULL DEFAULT 0,
  dropped_write_failed INTEGER NOT NULL DEFAULT 0,
  dropped_closed INTEGER NOT NULL DEFAULT 0,
  dropped_too_large INTEGER NOT NULL DEFAULT 0,
  spilled INTEGER NOT NULL DEFAULT 0,
  first_span_id INTEGER,
  last_span_id INTEGER
) STRICT;

CREATE TABLE string (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE span (
  id INTEGER PRIMARY KEY,
  process_id INTEGER NOT NULL REFERENCES process (id),
  trace_id BLOB NOT NULL,
  span_id BLOB NOT NULL,
  parent_id BLOB,
  is_local_root INTEGER NOT NULL,
  name ANY NOT NULL,
  kind INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  http_method ANY,
  http_route ANY,
  http_status_code INTEGER,
  error_type ANY,
  shared ANY,
  attributes TEXT
) STRICT;

CREATE INDEX span_by_trace ON span (id >> 12, substr(trace_id, 1, 4));

CREATE TABLE open_span (
  process_id INTEGER NOT NULL REFERENCES process (id),
  trace_id BLOB NOT NULL,
  span_id BLOB NOT NULL,
  parent_id BLOB,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  attributes TEXT
) STRICT;

CREATE TABLE route_minute (
  process_id INTEGER NOT NULL REFERENCES process (id),
  minute_us INTEGER NOT NULL,
  name ANY NOT NULL,
  outcome INTEGER NOT NULL,
  count INTEGER NOT NULL,
  sum_ns INTEGER NOT NULL,
  min_ns INTEGER NOT NULL,
  max_ns INTEGER NOT NULL,
  buckets TEXT NOT NULL,
  PRIMARY KEY (process_id, minute_us, name, outcome)
) STRICT;

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
  process.dropped_closed, process.dropped_too_large, process.spilled
FROM process JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_spans_v1 AS
SELECT
  lower(hex(span.trace_id)) AS trace_id,
  lower(hex(span.span_id)) AS span_id,
  nullif(lower(hex(span.parent_id)), '') AS parent_id,
  run.run_id,
  process.process_key,
  process.pid,
  process.thread_id,
  coalesce(name.text, span.name) AS name,
  CASE span.kind WHEN 0 THEN 'internal' WHEN 1 THEN 'server' WHEN 2 THEN 'client' WHEN 3 THEN 'producer' WHEN 4 THEN 'consumer' END AS kind,
  span.start_us,
  span.duration_ns,
  CASE span.outcome WHEN 0 THEN 'ok' WHEN 1 THEN 'error' WHEN 2 THEN 'aborted' WHEN 3 THEN 'interrupted' END AS outcome,
  coalesce(method.text, span.http_method) AS http_method,
  coalesce(route.text, span.http_route) AS http_route,
  span.http_status_code,
  coalesce(error.text, span.error_type) AS error_type,
  json_patch(
    json_patch(
      '{}',
      json_object(
        'http.request.method', coalesce(method.text, span.http_method),
        'http.route', coalesce(route.text, span.http_route),
        'http.response.status_code', span.http_status_code,
        'error.type', coalesce(error.text, span.error_type)
      )
    ),
    json_patch(coalesce(shared.text, span.shared, '{}'), coalesce(span.attributes, '{}'))
  ) AS attributes
FROM span
JOIN process ON process.id = span.process_id
JOIN run ON run.id = process.run_id
LEFT JOIN string AS name ON name.id = span.name AND typeof(span.name) = 'integer'
LEFT JOIN string AS method ON method.id = span.http_method AND typeof(span.http_method) = 'integer'
LEFT JOIN string AS route ON route.id = span.http_route AND typeof(span.http_route) = 'integer'
LEFT JOIN string AS error ON error.id = span.error_type AND typeof(span.error_type) = 'integer'
LEFT JOIN string AS shared ON shared.id = span.shared AND typeof(span.shared) = 'integer';

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
  CASE open_span.kind WHEN 0 THEN 'internal' WHEN 1 THEN 'server' WHEN 2 THEN 'client' WHEN 3 THEN 'producer' WHEN 4 THEN 'consumer' END AS kind,
  open_span.start_us,
  coalesce(open_span.attributes, '{}') AS attributes
FROM open_span
JOIN process ON process.id = open_span.process_id
JOIN run ON run.id = process.run_id;

CREATE VIEW ferret_routes_v1 AS
SELECT
  run.run_id,
  process.process_key,
  route_minute.minute_us,
  coalesce(name.text, route_minute.name) AS name,
  CASE route_minute.outcome WHEN 0 THEN 'ok' WHEN 1 THEN 'error' WHEN 2 THEN 'aborted' WHEN 3 THEN 'interrupted' END AS outcome,
  route_minute.count,
  route_minute.sum_ns,
  route_minute.min_ns,
  route_minute.max_ns,
  route_minute.buckets
FROM route_minute
JOIN process ON process.id = route_minute.process_id
JOIN run ON run.id = process.run_id
LEFT JOIN string AS name ON name.id = route_minute.name AND typeof(route_minute.name) = 'integer';

COMMIT;`;

/** Makes a file in schema 1, with what `content` inserts. */
export async function createSchema1(file: string, content = ''): Promise<void> {
  const database = await openDatabase(file, 'write');
  await database.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; ${SCHEMA_1} ${content}`);
  await database.close();
}
