import type { Crash, InFlightSpan, Reader, WaitingSpill } from '@ferretjs/core/reader';
import { findScope } from '../runs/scope.js';
import { formatIsoTime } from '../words/time.js';

export interface CrashesQuery {
  /** The runs whose processes are listed: an id, the beginning of one, or `all`. Default: all. */
  readonly run?: string;
  /** The most crashes to list. Default: all. */
  readonly limit?: number;
  /** The most spans in flight to list of each process. Default: 1,000. */
  readonly spanLimit?: number;
}

/** Processes that ended without being asked to. */
export interface CrashList {
  /** The latest first. */
  readonly crashes: readonly CrashSummary[];
  /** Whether there are earlier ones. */
  readonly hasMore: boolean;
  /** Spill files whose spans are not in the store yet. */
  readonly spillFiles: readonly WaitingSpill[];
}

/** A crash as JSON has it: times as ISO 8601. */
export interface CrashSummary extends Omit<Crash, 'startedAtMicros' | 'endedAtMicros' | 'inFlight'> {
  readonly startedAt: string;
  /** When it ended; of a process that was killed, when it was last seen. */
  readonly endedAt: string;
  readonly durationNanos: number;
  /** In order of start. */
  readonly inFlight: readonly SpanInFlight[];
}

/** A span that was open when its process ended. */
export interface SpanInFlight extends Pick<InFlightSpan, 'traceId' | 'spanId' | 'name' | 'kind' | 'attributes'> {
  readonly parentId: string | null;
  /** `null` where the parent is not known. */
  readonly parentName: string | null;
  /** Whether its parent, if it has one, is a span of another process. */
  readonly isLocalRoot: boolean;
  readonly startedAt: string;
  readonly openForNanos: number;
}

/**
 * Lists the processes that crashed, and the spans that each had in flight.
 *
 * @throws an error with the code `RUN_NOT_FOUND`, from the reader.
 */
export async function listCrashes(reader: Reader, query: CrashesQuery = {}): Promise<CrashList> {
  const { run, limit = Number.POSITIVE_INFINITY, spanLimit } = query;
  const runId = run === undefined ? undefined : (await findScope(reader, run)).runId;
  const spillFiles = await reader.spillFiles();
  const crashes: CrashSummary[] = [];
  const options = { ...(runId !== undefined && { runId }), ...(spanLimit !== undefined && { spanLimit }) };
  for await (const crash of reader.crashes(options)) {
    if (crashes.length === limit) return { crashes, hasMore: true, spillFiles };
    crashes.push(summaryOfCrash(crash));
  }
  return { crashes, hasMore: false, spillFiles };
}

export function summaryOfCrash({ startedAtMicros, endedAtMicros, inFlight, ...crash }: Crash): CrashSummary {
  return {
    ...crash,
    startedAt: formatIsoTime(startedAtMicros),
    endedAt: formatIsoTime(endedAtMicros),
    durationNanos: Math.max(endedAtMicros - startedAtMicros, 0) * 1_000,
    inFlight: inFlight.map(spanInFlight),
  };
}

function spanInFlight(span: InFlightSpan): SpanInFlight {
  const { traceId, spanId, parentId, parentName, name, kind, isLocalRoot, startMicros, durationNanos, attributes } =
    span;
  return {
    traceId,
    spanId,
    parentId: parentId ?? null,
    parentName: parentName ?? null,
    name,
    kind,
    isLocalRoot,
    startedAt: formatIsoTime(startMicros),
    openForNanos: durationNanos,
    attributes,
  };
}
