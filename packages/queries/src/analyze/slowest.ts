import type { Reader, SpanCondition, StoredSpan } from '@ferretjs/core/reader';
import { type Report, reportOf } from '../runs/report.js';
import { findScope, type Scope } from '../runs/scope.js';
import { formatCount } from '../words/numbers.js';
import { formatIsoTime } from '../words/time.js';
import { boundsOf } from './figures.js';

export interface SlowestQuery {
  /** A run's id, the beginning of one, or `all`. Default: the newest run. */
  readonly run?: string;
  /** Microseconds since the epoch: what started then or later. */
  readonly since?: number;
  /** Microseconds since the epoch: what started before. */
  readonly until?: number;
  /** Conditions that a root must meet, all of them. */
  readonly where?: readonly SpanCondition[];
  /** The most roots, or traces, to return. */
  readonly limit: number;
}

/**
 * Why a report about traces is empty: the run stored nothing, retention has deleted it all, or no root meets the
 * conditions.
 */
export type EmptyReason = 'never stored' | 'deleted' | 'no match';

/** The slowest requests and other roots of traces. */
export interface SlowestRequests extends Report {
  /** The slowest first. */
  readonly slowest: readonly SlowRequest[];
  /** `null` where it is not empty. */
  readonly emptyReason: EmptyReason | null;
}

/** A root as JSON has it: `null` for what it does not have. */
export interface SlowRequest
  extends Pick<StoredSpan, 'traceId' | 'spanId' | 'name' | 'kind' | 'outcome' | 'attributes'> {
  readonly startedAt: string;
  readonly durationNanos: number;
  readonly httpStatusCode: number | null;
  readonly errorType: string | null;
}

/** The traces of the slowest roots. */
export interface SlowestTraces extends Report {
  /** The slowest first. */
  readonly traceIds: readonly string[];
  /** `null` where it is not empty. */
  readonly emptyReason: EmptyReason | null;
}

/** Finds the slowest requests and other roots. */
export async function slowestRequests(reader: Reader, query: SlowestQuery): Promise<SlowestRequests> {
  const scope = await findScope(reader, query.run);
  const spans = await readSlowest(reader, scope, query, query.limit);
  return { ...(await reportOn(reader, scope, spans.length === 0)), slowest: spans.map(toSlowRequest) };
}

/**
 * Finds the traces of the slowest roots. Several roots may belong to one trace, so it may take more roots than traces.
 */
export async function slowestTraces(reader: Reader, query: SlowestQuery): Promise<SlowestTraces> {
  const scope = await findScope(reader, query.run);
  for (let limit = query.limit; ; limit *= 2) {
    const roots = await readSlowest(reader, scope, query, limit);
    const traceIds = [...new Set(roots.map((root) => root.traceId))];
    if (traceIds.length >= query.limit || roots.length < limit) {
      return { ...(await reportOn(reader, scope, traceIds.length === 0)), traceIds: traceIds.slice(0, query.limit) };
    }
  }
}

function readSlowest(reader: Reader, { runId }: Scope, query: SlowestQuery, limit: number): Promise<StoredSpan[]> {
  return reader.slowestRoots(runId, limit, { ...boundsOf(query), where: query.where ?? [] });
}

async function reportOn(reader: Reader, scope: Scope, isEmpty: boolean) {
  const emptyReason = isEmpty ? await whyEmpty(reader, scope) : null;
  const { stored } = scope.run.ledger;
  const missing = emptyReason === 'deleted' ? [`${formatCount(stored)} stored, and deleted from the file since`] : [];
  return { ...reportOf(scope, missing), emptyReason };
}

async function whyEmpty(reader: Reader, { run, runId }: Scope): Promise<EmptyReason> {
  if (run.ledger.stored === 0) return 'never stored';
  for await (const _ of reader.spans(runId, { pageSize: 1 })) return 'no match';
  return 'deleted';
}

function toSlowRequest(span: StoredSpan): SlowRequest {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    name: span.name,
    kind: span.kind,
    startedAt: formatIsoTime(span.startMicros),
    durationNanos: span.durationNanos,
    outcome: span.outcome,
    httpStatusCode: span.httpStatusCode ?? null,
    errorType: span.errorType ?? null,
    attributes: span.attributes,
  };
}
