import { hostname } from 'node:os';
import { mayLive } from '../../process/process-liveness.js';
import { readLastWord } from '../../spill/last-word.js';
import { textOf } from '../file/dictionary-text.js';
import { OUTCOMES } from '../file/schema.js';
import type { Connection } from './connection.js';
import { SELECT_SPANS, type SpanRow, type StoredSpan, TRACE_ROWS, toSpan } from './spans.js';

/** A process that ended without being asked to, and what it was doing. */
export interface Crash {
  readonly runId: string;
  readonly service: string;
  readonly processKey: string;
  readonly pid: number;
  readonly threadId: number;
  readonly threadName: string;
  readonly hostname: string;
  readonly nodeVersion: string;
  /** `crashed`: killed without a word. `uncaughtException`: by an uncaught exception. */
  readonly reason: 'crashed' | 'uncaughtException';
  /** Microseconds since the epoch. */
  readonly startedAtMicros: number;
  /** When it ended; of a process that was killed, when it was last seen. */
  readonly endedAtMicros: number;
  /**
   * Whether the file knows of the crash already. If not, the process is found to be dead now, and `inFlight` is what it
   * last said: `ferret recover`, or the next start of the application, stores it.
   */
  readonly isRecovered: boolean;
  /**
   * The process ran on another host and has been silent for a minute: it may as well be held up, or idle and of an
   * older Ferret.
   */
  readonly mayBeIdle: boolean;
  /** Spans that were open at the end, in order of start: all of them, or the first `spanLimit`. */
  readonly inFlight: readonly InFlightSpan[];
  /**
   * Number of spans that were open. Spans that were open for less than a second when a process was killed are not
   * known.
   */
  readonly inFlightCount: number;
}

/** A span that was open when its process ended. Its duration is for how long it had been. */
export interface InFlightSpan extends StoredSpan {
  /** The name of the parent, where that span is known. */
  readonly parentName?: string;
}

export interface CrashesOptions {
  /** Default: all runs. */
  readonly runId?: string;
  /** Number of spans in flight that are read of each process. Default 1,000. */
  readonly spanLimit?: number;
}

const DEFAULT_SPAN_LIMIT = 1_000;

/**
 * Rows before a process's last one in which its interrupted spans are looked for. They are the last that are stored of
 * it; only rows of other processes may lie between.
 */
const LOOK_BACK_ROWS = 200_000;

/** Parents that are not in flight themselves are looked up by their trace, some milliseconds each in a large file. */
const PARENT_LOOK_UPS = 20;

const INTERRUPTED = OUTCOMES.indexOf('interrupted');

interface CandidateRow {
  id: number;
  run_id: string;
  service: string;
  process_key: string;
  pid: number;
  pid_start: string | null;
  thread_id: number;
  thread_name: string;
  hostname: string;
  node_version: string;
  started_at_us: number;
  last_seen_us: number;
  ended_at_us: number | null;
  end_reason: Crash['reason'] | null;
  first_span_id: number | null;
  last_span_id: number | null;
  ticked_span_id: number | null;
}

const SELECT_CANDIDATES = `
SELECT
  process.id, run.run_id, run.service, process.process_key, process.pid, process.thread_id, process.thread_name,
  process.hostname, process.node_version, process.started_at_us, process.last_seen_us, process.ended_at_us,
  process.end_reason, process.first_span_id, process.last_span_id,
  process.pid_start, process.ticked_span_id
FROM process JOIN run ON run.id = process.run_id
WHERE (process.ended_at_us IS NULL OR process.end_reason IN ('crashed', 'uncaughtException'))
  AND (?1 IS NULL OR run.run_id = ?1)
ORDER BY coalesce(process.ended_at_us, process.last_seen_us) DESC, process.id DESC`;

/**
 * The last row of the process that is not an interrupted span, if there is one within the window: SQLite walks back to
 * it.
 */
const SELECT_LAST_ENDED = `
SELECT id FROM span
WHERE id BETWEEN ?2 AND ?3 AND process_id = ?1 AND outcome <> ${INTERRUPTED}
ORDER BY id DESC LIMIT 1`;

const COUNT_INTERRUPTED = `
SELECT count(*) AS count FROM span
WHERE id BETWEEN ?2 AND ?3 AND process_id = ?1 AND outcome = ${INTERRUPTED}`;

/** A parent may start in the same microsecond as its child, and is stored before it. */
const SELECT_INTERRUPTED = `${SELECT_SPANS}
WHERE span.id BETWEEN ?2 AND ?3 AND span.process_id = ?1 AND span.outcome = ${INTERRUPTED}
ORDER BY span.start_us, span.id LIMIT ?4`;

/** As recovery would store them. What has ended and been stored since the last tick lies between `?2` and `?3`. */
const SELECT_OPEN = `
SELECT
  open_span.rowid AS id,
  lower(hex(open_span.trace_id)) AS trace_id,
  lower(hex(open_span.span_id)) AS span_id,
  nullif(lower(hex(open_span.parent_id)), '') AS parent_id,
  open_span.is_local_root,
  run.run_id, process.process_key, process.pid, process.thread_id,
  coalesce(CAST(open_span.name AS TEXT), '') AS name, open_span.kind, open_span.start_us,
  max(0, process.last_seen_us - open_span.start_us) * 1000 AS duration_ns,
  ${INTERRUPTED} AS outcome,
  NULL AS http_method, NULL AS http_route, NULL AS http_status_code, NULL AS error_type, NULL AS shared,
  open_span.attributes, NULL AS keep_reason, NULL AS keep_probability, open_span.links, open_span.events
FROM open_span
JOIN process ON process.id = open_span.process_id
JOIN run ON run.id = process.run_id
WHERE open_span.process_id = ?1
  AND open_span.span_id NOT IN (SELECT span_id FROM span WHERE id > ?2 AND id <= ?3 AND process_id = ?1)
ORDER BY open_span.start_us, open_span.rowid`;

const SELECT_NAME = `
SELECT ${textOf('span.name')} AS name FROM span
WHERE span.id IN (${TRACE_ROWS}) AND span.span_id = unhex(?2)
LIMIT 1`;

/** Processes that crashed, the latest first. What each had in flight is read when it is its turn. */
export async function* readCrashes(connection: Connection, options: CrashesOptions = {}): AsyncGenerator<Crash> {
  const { runId, spanLimit = DEFAULT_SPAN_LIMIT } = options;
  const candidates = await connection.all<CandidateRow>(SELECT_CANDIDATES, [runId ?? null]);
  for (const row of candidates) {
    const isRecovered = row.ended_at_us !== null;
    const { hostname: host, pid, pid_start: pidStart, last_seen_us: lastSeenMicros } = row;
    if (!isRecovered && mayLive({ hostname: host, pid, pidStart }, lastSeenMicros, Date.now() * 1_000)) continue;
    // Whoever calls process.exit() has not crashed, though the file does not know yet.
    const word = isRecovered ? undefined : await readLastWord(connection.path, row.process_key);
    if (word !== undefined && word.reason !== 'uncaughtException') continue;
    const { spans, count } = await (isRecovered ? readInterrupted : readOpen)(connection, row, spanLimit);
    yield {
      runId: row.run_id,
      service: row.service,
      processKey: row.process_key,
      pid,
      threadId: row.thread_id,
      threadName: row.thread_name,
      hostname: host,
      nodeVersion: row.node_version,
      reason: row.end_reason ?? (word === undefined ? 'crashed' : 'uncaughtException'),
      startedAtMicros: row.started_at_us,
      endedAtMicros: row.ended_at_us ?? word?.atMicros ?? lastSeenMicros,
      isRecovered,
      mayBeIdle: !isRecovered && word === undefined && host !== hostname(),
      inFlight: await nameParents(connection, spans),
      inFlightCount: count,
    };
  }
}

interface Found {
  readonly spans: readonly StoredSpan[];
  readonly count: number;
}

async function readInterrupted(connection: Connection, row: CandidateRow, limit: number): Promise<Found> {
  const last = row.last_span_id ?? 0;
  const earliest = Math.max(row.first_span_id ?? 1, last - LOOK_BACK_ROWS + 1);
  const [ended] = await connection.all<{ id: number }>(SELECT_LAST_ENDED, [row.id, earliest, last]);
  const first = ended === undefined ? earliest : ended.id + 1;
  const [total] = await connection.all<{ count: number }>(COUNT_INTERRUPTED, [row.id, first, last]);
  const rows = await connection.all<SpanRow>(SELECT_INTERRUPTED, [row.id, first, last, limit]);
  return { spans: rows.map(toSpan), count: total?.count ?? rows.length };
}

/** A thousand rows at most, so all are read. */
async function readOpen(connection: Connection, row: CandidateRow, limit: number): Promise<Found> {
  const last = row.last_span_id ?? 0;
  const ticked = Math.max(row.ticked_span_id ?? 0, last - LOOK_BACK_ROWS);
  const rows = await connection.all<SpanRow>(SELECT_OPEN, [row.id, ticked, last]);
  return { spans: rows.slice(0, limit).map(toSpan), count: rows.length };
}

async function nameParents(connection: Connection, spans: readonly StoredSpan[]): Promise<InFlightSpan[]> {
  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  let lookUps = 0;
  for (const { traceId, parentId } of spans) {
    if (parentId === undefined || names.has(parentId) || lookUps === PARENT_LOOK_UPS) continue;
    lookUps += 1;
    const [parent] = await connection.all<{ name: string }>(SELECT_NAME, [traceId, parentId]);
    if (parent !== undefined) names.set(parentId, parent.name);
  }
  return spans.map((span) => {
    const parentName = names.get(span.parentId ?? '');
    return parentName === undefined ? span : { ...span, parentName };
  });
}
