import { connect } from './reader-connection.js';
import { type Crash, type CrashesOptions, type InFlightSpan, readCrashes } from './reader-crashes.js';
import { readSpans, type SpanFilter } from './reader-pages.js';
import { type Process, type Run, readRun, readRuns } from './reader-runs.js';
import { readSlowestRoots, readTrace, type StoredSpan } from './reader-spans.js';
import { type NameStatistics, readStatistics } from './reader-statistics.js';
import { readTraces, type StoredTrace } from './reader-traces.js';
import { measureSpillFiles, type WaitingSpill } from './spill-file.js';

export type {
  Crash,
  CrashesOptions,
  InFlightSpan,
  NameStatistics,
  Process,
  Run,
  SpanFilter,
  StoredSpan,
  StoredTrace,
  WaitingSpill,
};

/** Reads one Ferret file, also while it is being written. It never changes what the file says. */
export interface Reader {
  /** All runs, newest first. */
  runs(): Promise<Run[]>;
  /**
   * One run: the newest without an id.
   * @throws FerretError `RUN_NOT_FOUND`, naming the runs there are.
   */
  run(runId?: string): Promise<Run>;
  /** Statistics of every span name of a run, the one that took most time first. Memory stays flat. */
  statistics(runId: string): Promise<NameStatistics[]>;
  /** The spans of a trace in order of start: all of them, or the first `limit`. None for an unknown trace. */
  trace(traceId: string, limit?: number): Promise<StoredSpan[]>;
  /** The slowest spans whose parent is not a span of the same process, the slowest first. */
  slowestRoots(runId: string, limit: number): Promise<StoredSpan[]>;
  /**
   * Every span that a run has stored at the time of the call, in the order they were stored; of all runs, if the run id is
   * `undefined`. Memory stays flat, and no transaction is held between two pages.
   * @param options `pageSize`: how many spans are read at once, 1,000 by default; a {@link SpanFilter}.
   */
  spans(runId: string | undefined, options?: SpanFilter & { readonly pageSize?: number }): AsyncIterable<StoredSpan>;
  /**
   * The same spans trace by trace, each trace once and whole, the one that started first before the others. Times of the
   * filter are of the trace: when the first of its spans started. Memory stays flat: the spans are sorted in a temporary
   * file of about 25 bytes a span, gone when the iteration ends.
   * @param options `maxSpans`: a trace of more spans comes in several parts, 10,000 by default; a {@link SpanFilter}.
   */
  traces(runId: string | undefined, options?: SpanFilter & { readonly maxSpans?: number }): AsyncIterable<StoredTrace>;
  /**
   * Processes that ended without being asked to, the latest first, each with the spans it had in flight. One that is alive is none of
   * them. Each is read when it is its turn, so the caller limits them by leaving the loop. A file in schema 1, before
   * which spans were open was written down, names the processes that are gone without a word, with nothing in flight.
   *
   * @example
   * import { openReader } from '@ferretjs/core/reader';
   *
   * const reader = await openReader('ferret.db');
   * for await (const crash of reader.crashes()) {
   *   console.log(crash.pid, crash.reason, crash.inFlight.map((span) => span.name));
   * }
   * await reader.close();
   */
  crashes(options?: CrashesOptions): AsyncIterable<Crash>;
  /** Spill files beside the file, whose spans are not in it yet. */
  spillFiles(): Promise<WaitingSpill[]>;
  /** Closes the file. Calls still under way must have settled before. */
  close(): Promise<void>;
}

const DEFAULT_PAGE_SIZE = 1_000;
const DEFAULT_MAX_SPANS = 10_000;

/**
 * Opens a Ferret file for reading. Never creates it, and leaves no files behind.
 *
 * @throws FerretError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `FILE_EMPTY`, `FILE_NOT_SQLITE`, `FILE_FOREIGN`,
 * `FILE_NEWER`, `DRIVER_MISSING`
 */
export async function openReader(file: string): Promise<Reader> {
  const connection = await connect(file);
  return {
    runs: () => readRuns(connection),
    run: (runId) => readRun(connection, file, runId),
    statistics: (runId) => readStatistics(connection, runId),
    trace: (traceId, limit) => readTrace(connection, traceId, limit),
    slowestRoots: (runId, limit) => readSlowestRoots(connection, runId, limit),
    spans: (runId, options) => readSpans(connection, runId, options?.pageSize ?? DEFAULT_PAGE_SIZE, options),
    traces: (runId, options) => readTraces(file, runId, options?.maxSpans ?? DEFAULT_MAX_SPANS, options ?? {}),
    crashes: (options) => readCrashes(connection, options),
    spillFiles: () => measureSpillFiles(connection.path),
    close: () => connection.close(),
  };
}
