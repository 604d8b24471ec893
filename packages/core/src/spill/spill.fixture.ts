import { hostname } from 'node:os';
import type { ProcessIdentity } from '../process/process-identity.js';
import { figuresBy, type Ledger, type LedgerFigures, toLedger } from '../sink/ledger.js';
import type { SpanBatch } from '../sink/sink.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/span-data.js';

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
  const { traceId = id.padStart(32, '0'), spanId = id.padStart(16, '0'), parentId, links, events, ...rest } = change;
  const data = new SpanData('GET /', 'server', SpanIds.parse(traceId, spanId, parentId), true);
  Object.assign(data.values, attributes);
  if (links !== undefined || events !== undefined) {
    Object.assign(data.addMore(), { links: links && [...links], events: events && [...events] });
  }
  return Object.assign(data, rest);
}

export function ledgerOf(counters: Partial<LedgerFigures> = {}): Ledger {
  return toLedger(figuresBy((figure) => counters[figure] ?? 0));
}

/** A batch of new spans, each named after the batch. */
export function batchOf(id: number, count = 1, ledger: Partial<LedgerFigures> = {}): SpanBatch {
  const spans = Array.from({ length: count }, () => spanOf({ name: `batch ${id}` }));
  return { id, spans, ledger: ledgerOf(ledger) };
}
