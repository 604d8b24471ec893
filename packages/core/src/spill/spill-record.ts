import { crc32 } from 'node:zlib';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { Ledger } from '../sink/ledger.js';
import type { EndReason, SpanBatch } from '../sink/sink.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SharedAttributes, SpanRecord } from '../trace/span.js';

/** Raised when an older Ferret could not take a record in any more. 2: some batches are deferred. */
const VERSION = 2;

/**
 * One line of a spill file: the CRC-32 of what follows as 8 hex digits, a space, and JSON. Every line stands for itself, so
 * a torn one costs no other.
 */
export type SpillRecord = BatchRecord | StatisticsRecord | EndRecord;

interface BatchRecord {
  readonly process: ProcessIdentity;
  readonly batch: SpanBatch;
}

/** What the process had counted at its end, and the database does not know yet. */
interface StatisticsRecord {
  readonly process: ProcessIdentity;
  readonly routeMinutes: readonly RouteMinute[];
}

/** The process has said its last. */
interface EndRecord {
  readonly process: ProcessIdentity;
  readonly end: EndReason;
  readonly endedAtMicros: number;
  readonly ledger: Ledger;
}

/** What a line turned out to be, if it is no record. */
export type Unreadable = 'damaged' | 'newer';

/** A span without its names; shared attributes are an index into those of the batch. */
type Row = readonly unknown[];

export function encodeBatch(process: ProcessIdentity, { id, isDeferred, spans, ledger }: SpanBatch): Buffer {
  const shared = new Map<SharedAttributes, number>();
  const rows = spans.map((span) => toRow(span, shared));
  return toLine({ version: VERSION, process, id, isDeferred, ledger, shared: [...shared.keys()], rows });
}

export function encodeStatistics(record: StatisticsRecord): Buffer {
  return toLine({ version: VERSION, ...record });
}

export function encodeEnd(record: EndRecord): Buffer {
  return toLine({ version: VERSION, ...record });
}

function toLine(content: object): Buffer {
  const json = Buffer.from(JSON.stringify(content));
  const checksum = crc32(json).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`${checksum} `), json, Buffer.from('\n')]);
}

/** @param line without its end. */
export function decode(line: Buffer): SpillRecord | Unreadable {
  const json = line.subarray(9);
  if (line.length < 11 || Number.parseInt(line.toString('latin1', 0, 8), 16) !== crc32(json)) return 'damaged';
  const content = parse(json);
  if (content === undefined) return 'damaged';
  if (content.version > VERSION) return 'newer';
  if ('end' in content || 'routeMinutes' in content) return content;
  const { process, id, isDeferred, ledger, shared, rows } = content;
  if (!Array.isArray(rows)) return 'damaged';
  return {
    process,
    batch: { id, isDeferred: isDeferred === true, ledger, spans: rows.map((row) => toSpan(row, shared)) },
  };
}

/** A file beside the database with this name may be anybody's. */
function parse(
  json: Buffer,
): ({ readonly version: number } & (StatisticsRecord | EndRecord | EncodedBatch)) | undefined {
  try {
    return (JSON.parse(json.toString()) as ReturnType<typeof parse> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

interface EncodedBatch {
  readonly process: ProcessIdentity;
  readonly id: number;
  /** Absent in a record of version 1, whose batches were all stored in the order of their ids. */
  readonly isDeferred?: boolean;
  readonly ledger: Ledger;
  readonly shared: readonly SharedAttributes[];
  readonly rows: readonly Row[];
}

function toRow(span: SpanRecord, shared: Map<SharedAttributes, number>): Row {
  const { sharedAttributes } = span;
  if (sharedAttributes !== undefined && !shared.has(sharedAttributes)) shared.set(sharedAttributes, shared.size);
  return [
    span.traceId,
    span.spanId,
    span.parentId,
    span.isLocalRoot,
    span.name,
    span.kind,
    span.startMicros,
    span.durationNanos,
    span.outcome,
    span.errorType,
    span.httpMethod,
    span.httpRoute,
    span.httpStatusCode,
    sharedAttributes && shared.get(sharedAttributes),
    span.attributes,
    span.sampling,
  ];
}

function toSpan(row: Row, shared: readonly SharedAttributes[]): SpanRecord {
  const [
    traceId,
    spanId,
    parentId,
    isLocalRoot,
    name,
    kind,
    startMicros,
    durationNanos,
    outcome,
    errorType,
    httpMethod,
    httpRoute,
    httpStatusCode,
    sharedIndex,
    attributes,
    sampling,
  ] = row.map((value) => value ?? undefined); // JSON has no `undefined`.
  const sharedAttributes = shared[sharedIndex as number];
  return {
    traceId,
    spanId,
    parentId,
    isLocalRoot,
    name,
    kind,
    startMicros,
    durationNanos,
    outcome,
    errorType,
    httpMethod,
    httpRoute,
    httpStatusCode,
    sharedAttributes,
    attributes,
    sampling,
  } as SpanRecord;
}
