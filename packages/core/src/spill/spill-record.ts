import { crc32 } from 'node:zlib';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { EndReason } from '../sink/end-reason.js';
import type { Ledger } from '../sink/ledger.js';
import type { SpanBatch } from '../sink/sink.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SharedAttributes, SpanRecord } from '../trace/span.js';
import { SPAN_FIELDS } from '../trace/span-fields.js';

/** Version of a record. It is raised when an older Ferret could not take the record in. 3: links and events. */
const VERSION = 3;

/** Largest record that is written or read. A file from elsewhere may hold longer lines. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/**
 * A line of a spill file: the CRC-32 of the JSON as 8 hex digits, a space, and the JSON. Each line can be read by
 * itself, so a torn line costs no other.
 */
export type SpillRecord = BatchRecord | StatisticsRecord | EndRecord;

interface BatchRecord {
  readonly process: ProcessIdentity;
  readonly batch: SpanBatch;
}

/** Statistics of the process at its end that the store does not have. */
interface StatisticsRecord {
  readonly process: ProcessIdentity;
  readonly routeMinutes: readonly RouteMinute[];
}

/** The end of the process: nothing follows. */
interface EndRecord {
  readonly process: ProcessIdentity;
  readonly end: EndReason;
  readonly endedAtMicros: number;
  readonly ledger: Ledger;
  /** Deferred batches up to this id were stored from the file, and are still in it. Default: none. */
  readonly storedUpTo?: number;
}

/** The result for a line that is no record of this version. */
export type Unreadable = 'damaged' | 'newer';

/**
 * The {@link SPAN_FIELDS} of a span, trailing ones left out. Shared attributes are an index into those of the batch.
 */
type Row = readonly unknown[];

const SHARED = SPAN_FIELDS.indexOf('sharedAttributes');

export function encodeBatch(process: ProcessIdentity, { id, isDeferred, spans, ledger }: SpanBatch): Buffer {
  const shared = new Map<SharedAttributes, number>();
  const rows = spans.map((span) => toRow(span, shared));
  return toLine({ process, id, isDeferred, ledger, shared: [...shared.keys()], rows });
}

export function encodeStatistics(record: StatisticsRecord): Buffer {
  return toLine(record);
}

export function encodeEnd(record: EndRecord): Buffer {
  return toLine(record);
}

function toLine(content: object): Buffer {
  const json = Buffer.from(JSON.stringify({ version: VERSION, ...content }));
  const checksum = crc32(json).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`${checksum} `), json, Buffer.from('\n')]);
}

/** Reads a line. @param line without its end of line */
export function decode(line: Buffer): SpillRecord | Unreadable {
  const json = line.subarray(9);
  if (line.length < 11 || Number.parseInt(line.toString('latin1', 0, 8), 16) !== crc32(json)) return 'damaged';
  const content = parse(json);
  if (content === undefined) return 'damaged';
  if (content.version > VERSION) return 'newer';
  if (!isIdentity(content.process)) return 'damaged';
  if ('end' in content || 'routeMinutes' in content) return content;
  const { process, id, isDeferred, ledger, shared, rows } = content;
  if (!Array.isArray(rows)) return 'damaged';
  return {
    process,
    batch: { id, isDeferred: isDeferred === true, ledger, spans: rows.map((row) => toSpan(row, shared)) },
  };
}

/** Checks the types of all fields: anybody can make a checksum, and the fields are bound to SQL statements. */
function isIdentity(process: ProcessIdentity | undefined): boolean {
  if (typeof process !== 'object' || process === null) return false;
  const { processKey, runId, service, hostname, nodeVersion, threadName, pid, threadId, startedAtMicros } = process;
  const { resource, pidStart } = process;
  return (
    [processKey, runId, service, hostname, nodeVersion, threadName].every((text) => typeof text === 'string') &&
    [pid, threadId, startedAtMicros].every(Number.isSafeInteger) &&
    (pidStart === null || typeof pidStart === 'string') &&
    typeof resource === 'object'
  );
}

/** `undefined` for text that is no JSON: a file of this name may be anybody's. */
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
  /** Left out where it is false. */
  readonly isDeferred?: boolean;
  readonly ledger: Ledger;
  readonly shared: readonly SharedAttributes[];
  readonly rows: readonly Row[];
}

function toRow(span: SpanRecord, shared: Map<SharedAttributes, number>): Row {
  const { sharedAttributes } = span;
  if (sharedAttributes !== undefined && !shared.has(sharedAttributes)) shared.set(sharedAttributes, shared.size);
  const row: unknown[] = SPAN_FIELDS.map((field) => span[field]);
  if (sharedAttributes !== undefined) row[SHARED] = shared.get(sharedAttributes);
  while (row.at(-1) === undefined) row.pop();
  return row;
}

function toSpan(row: Row, shared: readonly SharedAttributes[]): SpanRecord {
  // JSON has no `undefined`.
  const fields = SPAN_FIELDS.map((field, position) => [field, row[position] ?? undefined]);
  const span = { ...Object.fromEntries(fields), sharedAttributes: shared[row[SHARED] as number] };
  return span as unknown as SpanRecord;
}
