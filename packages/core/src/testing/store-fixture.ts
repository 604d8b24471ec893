import { type Database, openDatabase } from '../sqlite/file/driver.js';
import { APPLICATION_ID, CREATE_TABLES, KINDS, OUTCOMES, SCHEMA_VERSION } from '../sqlite/file/schema.js';
import { CREATE_VIEWS } from '../sqlite/file/views.js';
import { encodeBuckets, Histogram } from '../statistics/histogram.js';
import type { SpanEvent, SpanLink } from '../trace/span.js';

/** A file written row by row, for tests of what reads it: any state of a file can be made, whatever the writer does. */
export interface StoreFixture {
  readonly database: Database;
  addRun(run?: FixtureRun): Promise<number>;
  addProcess(runRow: number, process?: FixtureProcess): Promise<number>;
  addSpan(processRow: number, span?: FixtureSpan): Promise<void>;
  /** Durations of one name and outcome in one minute; replaces the row with the same key. */
  addRouteMinute(processRow: number, minute: FixtureRouteMinute): Promise<void>;
  /** A span that the process said is open, when it last ticked. */
  addOpenSpan(processRow: number, span?: FixtureSpan): Promise<void>;
  close(): Promise<void>;
}

export interface FixtureRun {
  runId?: string;
  service?: string;
  startedAtMicros?: number;
  resource?: Record<string, unknown>;
}

export interface FixtureProcess {
  processKey?: string;
  pid?: number;
  startedAtMicros?: number;
  lastSeenMicros?: number;
  hostname?: string;
  pidStart?: string;
  endedAtMicros?: number | null;
  endReason?: string | null;
  started?: number;
  stored?: number;
  sampledOut?: number;
  folded?: number;
  queueFull?: number;
  writeFailed?: number;
  closed?: number;
  tooLarge?: number;
  spilled?: number;
}

export interface FixtureSpan {
  traceId?: string;
  spanId?: string;
  parentId?: string;
  isLocalRoot?: boolean;
  name?: string;
  /** Stores the texts as they are, as a process does whose dictionary is full. */
  plainText?: boolean;
  kind?: (typeof KINDS)[number];
  startMicros?: number;
  durationNanos?: number;
  outcome?: (typeof OUTCOMES)[number];
  httpMethod?: string;
  httpRoute?: string;
  httpStatusCode?: number;
  errorType?: string;
  shared?: Record<string, unknown>;
  attributes?: Record<string, unknown>;
  links?: readonly SpanLink<unknown>[];
  events?: readonly SpanEvent<unknown>[];
}

export interface FixtureRouteMinute {
  minuteMicros?: number;
  name?: string;
  /** Stores the name as it is, as a process does whose dictionary is full. */
  plainText?: boolean;
  outcome?: (typeof OUTCOMES)[number];
  durationsNanos: readonly number[];
}

/** 2026-01-01T00:00:00Z. */
export const FIXTURE_START_MICROS = 1_767_225_600_000_000;

const SECOND = 1_000_000;

export async function createStoreFixture(file: string): Promise<StoreFixture> {
  const database = await openDatabase(file, 'write');
  await database.exec('PRAGMA journal_mode = WAL');
  await database.exec(
    `BEGIN; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};
    ${CREATE_TABLES} ${CREATE_VIEWS} COMMIT;`,
  );
  let serial = 0;

  async function insert(table: string, values: Record<string, string | number | null>): Promise<number> {
    const columns = Object.keys(values);
    const marks = columns.map((column) => (column.endsWith('trace_id') || isSpanId(column) ? 'unhex(?)' : '?'));
    const [row] = await database.all<{ id: number }>(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks.join(', ')})
       RETURNING ${columns.includes('span_row') ? 'span_row' : 'rowid'} AS id`,
      Object.values(values),
    );
    return row?.id ?? 0;
  }

  async function textOf(value: string | undefined, plainText = false): Promise<string | number | null> {
    if (value === undefined || plainText) {
      return value ?? null;
    }
    await database.run('INSERT OR IGNORE INTO string (text) VALUES (?)', [value]);
    const [row] = await database.all<{ id: number }>('SELECT id FROM string WHERE text = ?', [value]);
    return row?.id ?? null;
  }

  return {
    database,
    addRun: (run = {}) =>
      insert('run', {
        run_id: run.runId ?? 'run-1',
        service: run.service ?? 'shop',
        started_at_us: run.startedAtMicros ?? FIXTURE_START_MICROS,
        resource: JSON.stringify(run.resource ?? { 'service.name': run.service ?? 'shop' }),
      }),
    addProcess: (runRow, process = {}) => {
      serial += 1;
      const startedAtMicros = process.startedAtMicros ?? FIXTURE_START_MICROS;
      const lastSeenMicros = process.lastSeenMicros ?? startedAtMicros + 10 * SECOND;
      return insert('process', {
        process_key: process.processKey ?? `process-${serial}`,
        run_id: runRow,
        pid: process.pid ?? 4_700 + serial,
        thread_id: 0,
        thread_name: 'main',
        hostname: process.hostname ?? 'box',
        node_version: 'v20.20.2',
        started_at_us: startedAtMicros,
        last_seen_us: lastSeenMicros,
        ended_at_us: process.endedAtMicros === undefined ? lastSeenMicros : process.endedAtMicros,
        end_reason: process.endReason === undefined ? 'beforeExit' : process.endReason,
        started: process.started ?? 0,
        stored: process.stored ?? 0,
        sampled_out: process.sampledOut ?? 0,
        folded: process.folded ?? 0,
        dropped_queue_full: process.queueFull ?? 0,
        dropped_write_failed: process.writeFailed ?? 0,
        dropped_closed: process.closed ?? 0,
        dropped_too_large: process.tooLarge ?? 0,
        spilled: process.spilled ?? 0,
        pid_start: process.pidStart ?? null,
      });
    },
    addSpan: async (processRow, span = {}) => {
      serial += 1;
      const id = await insert('span', {
        process_id: processRow,
        trace_id: span.traceId ?? serial.toString(16).padStart(32, '0'),
        span_id: span.spanId ?? serial.toString(16).padStart(16, '0'),
        parent_id: span.parentId ?? null,
        is_local_root: (span.isLocalRoot ?? span.parentId === undefined) ? 1 : 0,
        name: await textOf(span.name ?? 'GET /', span.plainText),
        kind: KINDS.indexOf(span.kind ?? 'server'),
        start_us: span.startMicros ?? FIXTURE_START_MICROS + serial,
        duration_ns: span.durationNanos ?? 1_000_000,
        outcome: OUTCOMES.indexOf(span.outcome ?? 'ok'),
        http_method: await textOf(span.httpMethod, span.plainText),
        http_route: await textOf(span.httpRoute, span.plainText),
        http_status_code: span.httpStatusCode ?? null,
        error_type: await textOf(span.errorType, span.plainText),
        shared: await textOf(span.shared && JSON.stringify(span.shared), span.plainText),
        attributes: span.attributes === undefined ? null : JSON.stringify(span.attributes),
      });
      await database.run(
        `UPDATE process SET first_span_id = coalesce(first_span_id, ?1), last_span_id = ?1,
          started = started + 1, stored = stored + 1 WHERE id = ?2`,
        [id, processRow],
      );
      for (const [position, link] of (span.links ?? []).entries()) {
        await insert('link', {
          span_row: id,
          position,
          trace_id: link.traceId,
          span_id: link.spanId,
          tracestate: link.tracestate ?? null,
          flags: link.flags ?? null,
          attributes: link.attributes === undefined ? null : JSON.stringify(link.attributes),
        });
      }
      for (const [position, event] of (span.events ?? []).entries()) {
        await insert('event', {
          span_row: id,
          position,
          time_us: event.timeMicros,
          name: event.name,
          attributes: event.attributes === undefined ? null : JSON.stringify(event.attributes),
        });
      }
    },
    addRouteMinute: async (processRow, minute) => {
      const histogram = new Histogram();
      for (const nanos of minute.durationsNanos) histogram.record(nanos);
      await database.run('INSERT OR REPLACE INTO route_minute VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        processRow,
        minute.minuteMicros ?? FIXTURE_START_MICROS,
        await textOf(minute.name ?? 'GET /', minute.plainText),
        OUTCOMES.indexOf(minute.outcome ?? 'ok'),
        histogram.count,
        histogram.sumNanos,
        histogram.minNanos,
        histogram.maxNanos,
        encodeBuckets(histogram.buckets()),
      ]);
    },
    addOpenSpan: async (processRow, span = {}) => {
      serial += 1;
      await insert('open_span', {
        process_id: processRow,
        trace_id: span.traceId ?? serial.toString(16).padStart(32, '0'),
        span_id: span.spanId ?? serial.toString(16).padStart(16, '0'),
        parent_id: span.parentId ?? null,
        is_local_root: (span.isLocalRoot ?? span.parentId === undefined) ? 1 : 0,
        name: span.name ?? 'GET /',
        kind: KINDS.indexOf(span.kind ?? 'server'),
        start_us: span.startMicros ?? FIXTURE_START_MICROS + serial,
        attributes: JSON.stringify(span.attributes ?? {}),
        links: span.links === undefined ? null : JSON.stringify(span.links),
        events: span.events === undefined ? null : JSON.stringify(span.events),
      });
      await database.run('UPDATE process SET started = started + 1 WHERE id = ?', [processRow]);
    },
    close: () => database.close(),
  };
}

function isSpanId(column: string): boolean {
  return column === 'span_id' || column === 'parent_id';
}
