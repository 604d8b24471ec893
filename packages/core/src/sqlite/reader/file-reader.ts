import { measureSpillFiles, type WaitingSpill } from '../../spill/spill-file.js';
import { placeOf, type PlaceOptions as ReaderOptions } from '../file/driver.js';
import { connect } from './connection.js';
import { type RouteStatisticsOptions, readRouteStatistics } from './counted-statistics.js';
import { type Crash, type CrashesOptions, type InFlightSpan, readCrashes } from './crashes.js';
import {
  type DistributionOptions,
  type Distributions,
  type NameDistribution,
  readDistributions,
} from './distributions.js';
import type { SpanCondition, SpanField } from './fields.js';
import { checkIntegrity, type FileHealth, type HeldLease, readHealth } from './health.js';
import { type NewestSpans, readLastSpanId, readSpansAfter } from './newest.js';
import { readSpans, type SpanFilter } from './pages.js';
import { type Process, type Run, readRun, readRuns } from './runs.js';
import { readSlowestRoots } from './slowest-roots.js';
import { readTrace, type StoredSpan } from './spans.js';
import {
  type DistributionStep,
  type GroupStatistics,
  type NameStatistics,
  readGroupStatistics,
  readStatistics,
  type Statistics,
} from './statistics.js';
import { readTraceIds } from './trace-ids.js';
import { readTraces, type StoredTrace, type TraceFilter } from './traces.js';

export type {
  Crash,
  CrashesOptions,
  DistributionOptions,
  DistributionStep,
  Distributions,
  FileHealth,
  GroupStatistics,
  HeldLease,
  InFlightSpan,
  NameDistribution,
  NameStatistics,
  NewestSpans,
  Process,
  ReaderOptions,
  RouteStatisticsOptions,
  Run,
  SpanCondition,
  SpanField,
  SpanFilter,
  Statistics,
  StoredSpan,
  StoredTrace,
  TraceFilter,
  WaitingSpill,
};

/**
 * The questions that can be asked of a store, the same for a Ferret file and for a store that `registerStore()` made
 * known. A file may be written meanwhile. Nothing here changes what the store says.
 */
export interface Reader {
  /** All runs, newest first. */
  runs(): Promise<Run[]>;
  /**
   * Returns one run: the newest without an id. The beginning of an id will do where it is the only one.
   * @throws FerretError `RUN_NOT_FOUND`, naming the runs there are.
   */
  run(runId?: string): Promise<Run>;
  /**
   * Exact statistics of the stored spans of a run by name, the one that took most time first; of all runs, if the run
   * id is `undefined`. Memory stays flat.
   */
  statistics(runId: string | undefined, filter?: SpanFilter): Promise<NameStatistics[]>;
  /** The same by another field. */
  groupStatistics(runId: string | undefined, field: SpanField, filter?: SpanFilter): Promise<GroupStatistics[]>;
  /**
   * Statistics by name, or outcome, of all spans that ended, whatever was kept of them: counted while they ended, so a
   * run of any size is read in no time. Counts, sums, least and greatest are exact, and percentiles right to 2 %. None
   * for a run that was written before Ferret counted.
   */
  routeStatistics(runId: string | undefined, options?: RouteStatisticsOptions): Promise<NameStatistics[]>;
  /** The spans of a trace in order of start: all of them, or the first `limit`. None for an unknown trace. */
  trace(traceId: string, limit?: number): Promise<StoredSpan[]>;
  /** Ids of traces that begin with these hex digits (in lower case): at most `limit`, in no order. */
  traceIds(prefix: string, limit: number): Promise<string[]>;
  /** The slowest spans whose parent is not a span of the same process, the slowest first. */
  slowestRoots(runId: string | undefined, limit: number, filter?: SpanFilter): Promise<StoredSpan[]>;
  /**
   * Every span that a run has stored at the time of the call, in the order they were stored; of all runs, if the run id
   * is `undefined`. Memory stays flat, and no transaction is held between two pages.
   * @param options `pageSize`: how many spans are read at once, 200 by default, 1,000 of one trace; a {@link
   *   SpanFilter}.
   */
  spans(runId: string | undefined, options?: SpanFilter & { readonly pageSize?: number }): AsyncIterable<StoredSpan>;
  /**
   * The same spans trace by trace, each trace once and whole, the one that started first before the others. Times of
   * the filter are of the trace: when the first of its spans started. Memory stays flat: the spans are sorted in a
   * temporary file of about 25 bytes a span, gone when the iteration ends.
   * @param options `maxSpans`: a trace of more spans comes in several parts, 10,000 by default; a {@link TraceFilter}.
   */
  traces(runId: string | undefined, options?: TraceFilter & { readonly maxSpans?: number }): AsyncIterable<StoredTrace>;
  /** Distributions of the durations of every name, of a run or of a time. Memory stays flat. */
  distributions(options?: DistributionOptions): Promise<Distributions>;
  /** The id of the span that was stored last; 0 if there is none. */
  lastSpanId(): Promise<number>;
  /**
   * At most `limit` spans of any run, 1,000 by default, that were stored after the one with the id `cursor`, and where
   * the next look begins. No transaction is held between two calls.
   */
  spansAfter(cursor: number, limit?: number): Promise<NewestSpans>;
  /** Figures of the file: size, growth, leases, spans without their parents. Quick, whatever the size of the file. */
  health(): Promise<FileHealth>;
  /**
   * Returns the problems that SQLite finds in the file, a line each; none where it is sound. It reads the whole file.
   * @param full also compares indexes with their tables.
   */
  check(full?: boolean): Promise<string[]>;
  /**
   * Processes that ended without being asked to, the latest first, each with the spans it had in flight. One that is
   * alive is none of them. Each is read when it is its turn, so the caller limits them by leaving the loop.
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
 * Opens a Ferret file for reading, by its path. Never creates it, and leaves no files behind.
 *
 * @param options `inPlace`: runs SQLite on the calling thread, for command-line programs.
 * @throws FerretError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `FILE_EMPTY`, `FILE_NOT_SQLITE`, `FILE_FOREIGN`,
 * `FILE_NEWER`, `FILE_OLDER`, `DRIVER_MISSING`
 */
export async function openReader(file: string, options: ReaderOptions = {}): Promise<Reader> {
  const place = placeOf(options);
  const connection = await connect(file, place);
  return {
    runs: () => readRuns(connection),
    run: (runId) => readRun(connection, file, runId),
    statistics: (runId, filter) => readStatistics(connection, runId, filter),
    groupStatistics: (runId, field, filter) => readGroupStatistics(connection, runId, field, filter),
    routeStatistics: (runId, options) => readRouteStatistics(connection, runId, options),
    trace: (traceId, limit) => readTrace(connection, traceId, limit),
    traceIds: (prefix, limit) => readTraceIds(connection, prefix, limit),
    slowestRoots: (runId, limit, filter) => readSlowestRoots(connection, runId, limit, filter),
    spans: (runId, options) => readSpans(connection, runId, options?.pageSize, options),
    traces: (runId, options) =>
      readTraces(() => connect(file, place), runId, options?.maxSpans ?? DEFAULT_MAX_SPANS, options ?? {}),
    distributions: (options) => readDistributions(connection, options ?? {}),
    lastSpanId: () => readLastSpanId(connection),
    spansAfter: (cursor, limit) => readSpansAfter(connection, cursor, limit ?? DEFAULT_PAGE_SIZE),
    health: () => readHealth(connection, connection.path, Date.now() * 1_000),
    check: (full) => checkIntegrity(connection, full ?? false),
    crashes: (options) => readCrashes(connection, options),
    spillFiles: () => measureSpillFiles(connection.path),
    close: () => connection.close(),
  };
}
