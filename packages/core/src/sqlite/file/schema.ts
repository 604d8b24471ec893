/**
 * The file format. Tables are private and may change between versions (migrations.ts); the `ferret_..._v1` views
 * (views.ts) are the public face and may only grow.
 */

/** `PRAGMA application_id`: the letters "FRRT". A database with another id belongs to another program. */
export const APPLICATION_ID = 0x46525254;

/** `PRAGMA user_version`: raised with every change of the private tables. */
export const SCHEMA_VERSION = 6;

/** Values of `span.kind`, by position. */
export const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Values of `span.outcome`, by position. */
export const OUTCOMES = ['ok', 'error', 'aborted', 'interrupted'] as const;

/** Values of `span.keep_reason`, by position. */
export const KEEP_REASONS = ['error', 'slow', 'asked', 'budget'] as const;

/**
 * Trace ids are random, and an index on them alone would be written all over with every batch: from some hundred
 * thousand spans on that was most of what a span cost, and growing. So the index is cut into segments of 4,096 rows, by
 * row id: a batch writes to the last one only, however large the file is, and a trace is looked up in each of them,
 * some microseconds a segment.
 */
export const TRACE_SEGMENT = 'id >> 12';

/** The part of a trace id that the index holds; the rest is compared in the row. */
export function tracePrefix(traceId: string): string {
  return `substr(${traceId}, 1, 4)`;
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

/**
 * Ids as the views print them. SQLite makes an automatic index for a join on a column, never for one on an expression:
 * with `lower(hex(trace_id))` in the view itself, spans joined with spans took 340 s for 15,000 of them. Columns that
 * are computed when they are read take no room (https://sqlite.org/gencol.html). What Ferret itself reads are the
 * blobs.
 */
const ID_TEXTS = [
  'trace_text TEXT GENERATED ALWAYS AS (lower(hex(trace_id))) VIRTUAL',
  'span_text TEXT GENERATED ALWAYS AS (lower(hex(span_id))) VIRTUAL',
  "parent_text TEXT GENERATED ALWAYS AS (nullif(lower(hex(parent_id)), '')) VIRTUAL",
] as const;

/** Links and events of open spans: JSON arrays of objects with the fields of `SpanLink` and `SpanEvent`. */
export const OPEN_SPAN_EXTRAS = ['links TEXT', 'events TEXT'] as const;

/**
 * Links and events, a row each, of the span whose row id is `span_row`. Tables of their own, so that spans without them
 * cost no byte and a batch without them no time. WITHOUT ROWID, because to insert into such a table leaves
 * `last_insert_rowid()` what it is: the last span's.
 */
export const CREATE_LINKS_AND_EVENTS = `
CREATE TABLE link (
  span_row INTEGER NOT NULL,
  position INTEGER NOT NULL,
  trace_id BLOB NOT NULL,
  span_id BLOB NOT NULL,
  tracestate TEXT,
  flags INTEGER,
  attributes TEXT,
  trace_text TEXT GENERATED ALWAYS AS (lower(hex(trace_id))) VIRTUAL,
  span_text TEXT GENERATED ALWAYS AS (lower(hex(span_id))) VIRTUAL,
  PRIMARY KEY (span_row, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  span_row INTEGER NOT NULL,
  position INTEGER NOT NULL,
  time_us INTEGER NOT NULL,
  name TEXT NOT NULL,
  attributes TEXT,
  PRIMARY KEY (span_row, position)
) STRICT, WITHOUT ROWID;
`;

/**
 * Columns typed ANY hold either the id of a row in `string` or, once a process has filled its dictionary, the text
 * itself: a flood of distinct values costs bytes, never a lost name and never an endless dictionary.
 * `string.generation` is the one in which a process has last asked for the string.
 *
 * `span.shared` is the JSON text of attributes that many spans have in common (scheme, host, user agent);
 * `span.attributes` is the JSON text of the span's own. `keep_reason` and `keep_probability` are null where everything
 * is kept.
 *
 * `process.first_span_id` and `last_span_id` enclose the rows of one process, so a run is read by a range of row ids
 * and needs no index of its own. `last_batch` is the id of the last batch stored in its turn, `last_deferred_batch` of
 * the last one that gave way to later ones and came out of the spill. Either kind comes in the order of its ids: a
 * batch that comes again, out of a spill or after a commit whose answer was lost, is recognised by it. `ticked_span_id`
 * is the last row there was when the process last said which spans are open; `pid_start` see process-liveness.ts.
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
  last_deferred_batch INTEGER NOT NULL DEFAULT 0,
  folded INTEGER NOT NULL DEFAULT 0
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
  keep_probability REAL,
  ${ID_TEXTS.join(',\n  ')}
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
  is_local_root INTEGER NOT NULL DEFAULT 0,
  ${OPEN_SPAN_EXTRAS.join(',\n  ')}
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
${CREATE_LINKS_AND_EVENTS}`;
