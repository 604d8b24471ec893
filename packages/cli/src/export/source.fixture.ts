import type { Process, Run } from '@ferretjs/core/reader';
import type { ExportSource } from './source.js';

const LEDGER = {
  started: 0,
  stored: 0,
  sampledOut: 0,
  folded: 0,
  dropped: { queueFull: 0, writeFailed: 0, closed: 0, tooLarge: 0 },
  spilled: 0,
  pending: 0,
};

export function makeProcess(process: Partial<Process> = {}): Process {
  return {
    processKey: 'process-1',
    pid: 4711,
    threadId: 0,
    threadName: 'main',
    hostname: 'box',
    nodeVersion: '20.20.2',
    startedAtMicros: 1_767_225_600_000_000,
    lastSeenMicros: 1_767_225_610_000_000,
    state: 'ended',
    ledger: LEDGER,
    ...process,
  };
}

export function makeRun(run: Partial<Run> = {}): Run {
  return {
    runId: 'run-1',
    service: 'shop',
    startedAtMicros: 1_767_225_600_000_000,
    resource: { 'service.name': 'shop', 'deployment.environment.name': 'test' },
    processes: [makeProcess()],
    ledger: LEDGER,
    ...run,
  };
}

/** A source that keeps what it is warned of. */
export function makeSource(...runs: Run[]): ExportSource & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    isOneTrace: false,
    runs: runs.length > 0 ? runs : [makeRun()],
    warn: (text) => void warnings.push(text),
    warnings,
  };
}
