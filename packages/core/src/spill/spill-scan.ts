import type { FileHandle } from 'node:fs/promises';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { EndReason } from '../sink/end-reason.js';
import type { Ledger } from '../sink/ledger.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import { decode, MAX_RECORD_BYTES } from './spill-record.js';

/** The place of a batch in a spill file. */
export interface SpilledBatch {
  readonly id: number;
  readonly isDeferred: boolean;
  readonly offset: number;
  readonly length: number;
  readonly spans: number;
}

/** The content of a spill file, without the spans. */
export interface SpillContent {
  /** The process that recorded the spans; `undefined` where no record is whole. */
  readonly process: ProcessIdentity | undefined;
  /** In the order of their ids, each once. The order in the file differs: a batch in flight at the end comes last. */
  readonly batches: readonly SpilledBatch[];
  /** The ledger of the process's end, or else of the last record. */
  readonly ledger: Ledger | undefined;
  /** Statistics of the process at its end. */
  readonly routeMinutes: readonly RouteMinute[];
  readonly end: { readonly reason: EndReason; readonly atMicros: number; readonly storedUpTo: number } | undefined;
  /** Number of lines that are no record: torn by a full disk or a crash. */
  readonly damaged: number;
  /** Whether a record is of a newer version than this one knows. */
  readonly isNewer: boolean;
}

/** Reads an open spill file from front to end, a record at a time. */
export async function scanSpill(handle: FileHandle): Promise<SpillContent> {
  const batches = new Map<number, SpilledBatch>();
  let process: ProcessIdentity | undefined;
  let ledger: Ledger | undefined;
  let end: SpillContent['end'];
  let routeMinutes: SpillContent['routeMinutes'] = [];
  let damaged = 0;
  for await (const { line, offset } of lines(handle)) {
    const record = decode(line);
    if (record === 'newer') return { process, batches: [], ledger, routeMinutes, end, damaged, isNewer: true };
    if (record === 'damaged') {
      damaged++;
      continue;
    }
    process = record.process;
    if ('end' in record) {
      end = { reason: record.end, atMicros: record.endedAtMicros, storedUpTo: record.storedUpTo ?? 0 };
      ledger = record.ledger;
    } else if ('routeMinutes' in record) {
      routeMinutes = record.routeMinutes;
    } else {
      const { id, isDeferred = false, spans } = record.batch;
      // A write under way at the end may follow the record of the end, with an older ledger.
      if (end === undefined || record.batch.ledger.started > ledger!.started) ledger = record.batch.ledger;
      batches.set(id, { id, isDeferred, offset, length: line.length, spans: spans.length });
    }
  }
  const inOrder = [...batches.values()].sort((one, other) => one.id - other.id);
  return { process, batches: inOrder, ledger, routeMinutes, end, damaged, isNewer: false };
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/** Replaces a line that is longer than any record, so that it is not kept in memory. */
const TOO_LONG = Buffer.from('too long');

/** Reads the lines that are not empty. */
async function* lines(handle: FileHandle): AsyncGenerator<{ line: Buffer; offset: number }> {
  let parts: Buffer[] = [];
  let length = 0;
  let start = 0;
  let position = 0;
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= MAX_RECORD_BYTES) parts.push(part);
    else parts = [TOO_LONG];
  };
  for (let chunk = await read(handle, 0); chunk.length > 0; chunk = await read(handle, position)) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      if (length > 0) yield { line: Buffer.concat(parts), offset: start };
      parts = [];
      length = 0;
      from = at + 1;
      start = position + from;
    }
    if (from < chunk.length) add(chunk.subarray(from));
    position += chunk.length;
  }
  if (length > 0) yield { line: Buffer.concat(parts), offset: start };
}

async function read(handle: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
  return buffer.subarray(0, bytesRead);
}
