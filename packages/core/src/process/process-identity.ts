import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import * as workers from 'node:worker_threads';
import type { AttributeValue } from '../attributes/attribute-value.js';
import { nowMicros } from '../trace/clock.js';
import { type ProcessTrace, startOf } from './process-liveness.js';

/** Who writes: one pid and thread of a run. */
export interface ProcessIdentity extends ProcessTrace {
  readonly runId: string;
  readonly service: string;
  /** Attributes of the service, as in OpenTelemetry's resource. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
  /** Unique over machines and time: pids come again. */
  readonly processKey: string;
  readonly threadId: number;
  readonly threadName: string;
  readonly nodeVersion: string;
  /** Microseconds since the epoch. */
  readonly startedAtMicros: number;
}

export function identifyProcess(
  runId: string,
  service: string,
  resource: Readonly<Record<string, AttributeValue>>,
): ProcessIdentity {
  return {
    runId,
    service,
    resource,
    processKey: randomUUID(),
    pid: process.pid,
    pidStart: startOf(process.pid),
    threadId: workers.threadId,
    threadName: threadName(),
    hostname: hostname(),
    nodeVersion: process.versions.node,
    startedAtMicros: nowMicros(),
  };
}

/** `worker_threads.threadName` came with Node 22.20 and 24.6: a bundler must not make an import of that name of it. */
function threadName(): string {
  if (workers.isMainThread) return 'main';
  const name: unknown = Reflect.get(workers, 'threadName');
  return typeof name === 'string' && name !== '' ? name : `worker-${workers.threadId}`;
}
