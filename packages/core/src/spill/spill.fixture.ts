import { hostname } from 'node:os';
import type { ProcessIdentity } from '../process/process-identity.js';
import { type Ledger, LedgerCounters } from '../sink/ledger.js';
import type { SpanBatch } from '../sink/sink.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/recording-span.js';

/** A pid that no process has. */
export const DEAD_PID = 0x7fff_fffe;

/** A process of this host; dead, unless it is given a pid that is not. */
export function identityOfProcess(processKey: string, change: Partial<ProcessIdentity> = {}): ProcessIdentity {
  return {
    runId: 'run-1',
    service: 'shop',
    resource: {},
    processKey,
    pid: DEAD_PID,
    pidStart: null,
    hostname: hostname(),
    threadId: 0,
    threadName: 'main',
    nodeVersion: '20.19.0',
    startedAtMicros: 1_767_225_600_000_000,
    ...change,
  };
}

let serial = 0;

export function spanOf(change: Partial<SpanData> = {}, attributes: Record<string, unknown> = {}): SpanData {
  serial += 1;
  const id = serial.toString(16);
  const { traceId = id.padStart(32, '0'), spanId = id.padStart(16, '0'), parentId, ...rest } = change;
  const data = new SpanData('GET /', 'server', SpanIds.parse(traceId, spanId, parentId), true);
  Object.assign(data.values, attributes);
  return Object.assign(data, rest);
}

export function ledgerOf(counters: Partial<LedgerCounters> = {}): Ledger {
  return Object.assign(new LedgerCounters(), counters).snapshot();
}

/** A batch of new spans, each named after the batch. */
export function batchOf(id: number, count = 1, ledger: Partial<LedgerCounters> = {}): SpanBatch {
  const spans = Array.from({ length: count }, () => spanOf({ name: `batch ${id}` }));
  return { id, spans, ledger: ledgerOf(ledger) };
}
