/**
 * The file format. Tables are private and may change between versions; the `ferret_..._v1` views are the public face
 * and may only grow.
 */

/** `PRAGMA application_id`: the letters "FRRT". A database with another id belongs to another program. */
export const APPLICATION_ID = 0x46525254;

/** `PRAGMA user_version`: raised with every change of the private tables. */
export const SCHEMA_VERSION = 4;

/** Values of `span.kind`, by position. */
export const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Values of `span.outcome`, by position. */
export const OUTCOMES = ['ok', 'error', 'aborted', 'interrupted'] as const;

/** Values of `span.keep_reason`, by position. */
export const KEEP_REASONS = ['error', 'slow', 'asked', 'budget'] as const;

/**
 * Trace ids are random, and an index on them alone would be written all over with every batch: from some hundred thousand spans on
 * that was most of what a span cost, and growing. So the index is cut into segments of 4,096 rows, by row id: a batch writes to the last
 * one only, however large the file is, and a trace is looked up in each of them, some microseconds a segment.
 */
export const TRACE_SEGMENT = 'id >> 12';

/** The part of a trace id that the index holds; the rest is compared in the row. */
export function tracePrefix(traceId: string): string {
  return `substr(${traceId}, 1, 4)`;
}

/** A `CASE` that turns a stored position back into its word. */
function word(column: string, words: readonly string[]): string {
  return `CASE ${column} ${words.map((text, index) => `WHEN ${index} THEN '${text}'`).join(' ')} END`;
}

/** See string-retention.ts. The index finds the strings of a generation, and counts all: texts are long. */
const CREATE_GENERATION = `
CREATE INDEX string_by_generation ON string (generation);

CREATE TABLE generation (
  number INTEGER NOT NULL,
  after_span_id INTEGER NOT NULL
) STRICT;
INSERT INTO generation VALUES (1, 0);
`;

/** Finds the text of a column that holds an id. SQLite would compare a text '42' as a number too. */
function join(alias: string, column: string): string {
  return `LEFT JOIN string AS ${alias} ON ${alias}.id = ${column} AND typeof(${column}) = 'integer'`;
}

/**
 * Columns typed ANY hold either the id of a row in `string` or, once a process has filled its dictionary, the text
 * itself: a flood of distinct values costs bytes, never a lost name and never an endless dictionary. `string.generation` is the
 * one in which a process has last asked for the string.
 *
 * `span.shared` is the JSON text of attributes that many spans have in common (scheme, host, user agent);
 * `span.attributes` is the JSON text of the span's own. `keep_reason` and `keep_probability` are null where everything is kept.
 *
 * `process.first_span_id` and `last_span_id` enclose the rows of one process, so a run is read by a range of row ids
 * and needs no index of its own. `last_batch` is the id of the last batch stored in its turn, `last_deferred_batch` of the last
 * one that gave way to later ones and came out of the spill. Either kind comes in the order of its ids: a batch that comes again, out
 * of a spill or after a commit whose answer was lost, is recognised by it. `ticked_span_id` is the last row there was when the
 * process last said which spans are open; `pid_start` see process-liveness.ts.
 */
export const CREATE_TABLES = `
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
  last_span_id INTEGER,
  last_batch INTEGER NOT NULL DEFAULT 0,
  pid_start TEXT,
  ticked_span_id INTEGER,
  last_deferred_batch INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE string (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE,
  generation INTEGER NOT NULL DEFAULT 1
) STRICT;

${CREATE_GENERATION}
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
  attributes TEXT,
  keep_reason INTEGER,
  keep_probability REAL
) STRICT;

CREATE INDEX span_by_trace ON span (${TRACE_SEGMENT}, ${tracePrefix('trace_id')});

CREATE TABLE open_span (
  process_id INTEGER NOT NULL REFERENCES process (id),
  trace_id BLOB NOT NULL,
  span_id BLOB NOT NULL,
  parent_id BLOB,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  attributes TEXT,
  is_local_root INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at_us INTEGER NOT NULL
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
`;

/** What brings the tables of a version to those of the next. The views are made anew after the last. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
ALTER TABLE process ADD COLUMN last_batch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN pid_start TEXT;
ALTER TABLE process ADD COLUMN ticked_span_id INTEGER;
ALTER TABLE span ADD COLUMN keep_reason INTEGER;
ALTER TABLE span ADD COLUMN keep_probability REAL;
ALTER TABLE open_span ADD COLUMN is_local_root INTEGER NOT NULL DEFAULT 0;
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at_us INTEGER NOT NULL
) STRICT;
`,
  2: `
ALTER TABLE string ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
${CREATE_GENERATION}`,
  3: `
ALTER TABLE process ADD COLUMN last_deferred_batch INTEGER NOT NULL DEFAULT 0;
`,
};

/** The public face. */
export const VIEWS = [
  'ferret_runs_v1',
  'ferret_processes_v1',
  'ferret_spans_v1',
  'ferret_open_spans_v1',
  'ferret_routes_v1',
] as const;

export const DROP_VIEWS = VIEWS.map((view) => `DROP VIEW IF EXISTS ${view};`).join('\n');

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
  ${word('span.kind', KINDS)} AS kind,
  span.start_us,
  span.duration_ns,
  ${word('span.outcome', OUTCOMES)} AS outcome,
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
  ) AS attributes,
  ${word('span.keep_reason', KEEP_REASONS)} AS keep_reason,
  span.keep_probability
FROM span
JOIN process ON process.id = span.process_id
JOIN run ON run.id = process.run_id
${join('name', 'span.name')}
${join('method', 'span.http_method')}
${join('route', 'span.http_route')}
${join('error', 'span.error_type')}
${join('shared', 'span.shared')};

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
  ${word('route_minute.outcome', OUTCOMES)} AS outcome,
  route_minute.count,
  route_minute.sum_ns,
  route_minute.min_ns,
  route_minute.max_ns,
  route_minute.buckets
FROM route_minute
JOIN process ON process.id = route_minute.process_id
JOIN run ON run.id = process.run_id
${join('name', 'route_minute.name')};
`;
