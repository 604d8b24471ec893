import { createReadStream } from 'node:fs';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { Ledger } from '../sink/ledger.js';
import type { EndReason } from '../sink/sink.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import { decode } from './spill-record.js';

/** Where a batch lies in a spill file. */
export interface SpilledBatch {
  readonly id: number;
  readonly isDeferred: boolean;
  readonly offset: number;
  readonly length: number;
  readonly spans: number;
}

/** What a spill file holds. */
export interface SpillContent {
  /** Absent where no record is whole. */
  readonly process: ProcessIdentity | undefined;
  /** In the order of their ids, each once: the one in flight at a process's end comes last in the file. */
  readonly batches: readonly SpilledBatch[];
  /** The ledger of the last record. */
  readonly ledger: Ledger | undefined;
  /** What the process had counted at its end. */
  readonly routeMinutes: readonly RouteMinute[];
  readonly end: { readonly reason: EndReason; readonly atMicros: number } | undefined;
  /** Lines that are no record: torn by a full disk or a crash. */
  readonly damaged: number;
  /** Whether a record is of a version that this one does not know. */
  readonly isNewer: boolean;
}

/** Reads a spill file from front to end, a record at a time. */
export async function scanSpill(file: string): Promise<SpillContent> {
  const batches = new Map<number, SpilledBatch>();
  let process: ProcessIdentity | undefined;
  let ledger: Ledger | undefined;
  let end: SpillContent['end'];
  let routeMinutes: SpillContent['routeMinutes'] = [];
  let damaged = 0;
  for await (const { line, offset } of lines(file)) {
    const record = decode(line);
    if (record === 'newer') return { process, batches: [], ledger, routeMinutes, end, damaged, isNewer: true };
    if (record === 'damaged') {
      damaged++;
      continue;
    }
    process = record.process;
    if ('end' in record) {
      end = { reason: record.end, atMicros: record.endedAtMicros };
      ledger = record.ledger;
    } else if ('routeMinutes' in record) {
      routeMinutes = record.routeMinutes;
    } else {
      const { id, isDeferred = false, spans } = record.batch;
      ledger = record.batch.ledger;
      batches.set(id, { id, isDeferred, offset, length: line.length, spans: spans.length });
    }
  }
  const inOrder = [...batches.values()].sort((one, other) => one.id - other.id);
  return { process, batches: inOrder, ledger, routeMinutes, end, damaged, isNewer: false };
}

const NEWLINE = 0x0a;

/** Lines that are not empty. */
async function* lines(file: string): AsyncGenerator<{ line: Buffer; offset: number }> {
  let parts: Buffer[] = [];
  let start = 0;
  let position = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, at));
      const line = Buffer.concat(parts);
      if (line.length > 0) yield { line, offset: start };
      parts = [];
      from = at + 1;
      start = position + from;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    position += chunk.length;
  }
  const line = Buffer.concat(parts);
  if (line.length > 0) yield { line, offset: start };
}
