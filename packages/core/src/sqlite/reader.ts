import { connect } from './reader-connection.js';
import { readSpans, type SpanFilter } from './reader-pages.js';
import { type Process, type Run, readRun, readRuns } from './reader-runs.js';
import { readSlowestRoots, readTrace, type StoredSpan } from './reader-spans.js';
import { type NameStatistics, readStatistics } from './reader-statistics.js';
import { readTraces, type StoredTrace } from './reader-traces.js';

export type { NameStatistics, Process, Run, SpanFilter, StoredSpan, StoredTrace };

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
    close: () => connection.close(),
  };
}
