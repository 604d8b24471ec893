import type { Ledger, Process, Run } from '@ferretjs/core/reader';
import { formatCount } from '../words/numbers.js';
import { formatIsoTime } from '../words/time.js';

/** A run as JSON has it: times as ISO 8601, `null` for an event that has not happened. */
export interface RunSummary {
  readonly runId: string;
  readonly service: string;
  readonly startedAt: string;
  /** `null` until every process of the run has ended. */
  readonly endedAt: string | null;
  /** From the start to the end, or to when the run was last seen. */
  readonly durationNanos: number;
  /** `running`, `ended`, `crashed`, or a mixture in words: `running, 2 crashed`. */
  readonly state: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly processes: readonly ProcessSummary[];
}

/** A process and thread of a run. */
export interface ProcessSummary
  extends Omit<Process, 'startedAtMicros' | 'lastSeenMicros' | 'endedAtMicros' | 'endReason'> {
  readonly startedAt: string;
  readonly lastSeenAt: string;
  readonly endedAt: string | null;
  readonly endReason: string | null;
  readonly ledger: Ledger;
}

export function summaryOf(run: Run): RunSummary {
  return {
    runId: run.runId,
    service: run.service,
    startedAt: formatIsoTime(run.startedAtMicros),
    endedAt: endOf(run.endedAtMicros),
    durationNanos: runMicros(run) * 1_000,
    state: describeState(run),
    resource: run.resource,
    processes: run.processes.map(summaryOfProcess),
  };
}

function summaryOfProcess(process: Process): ProcessSummary {
  return {
    processKey: process.processKey,
    pid: process.pid,
    threadId: process.threadId,
    threadName: process.threadName,
    hostname: process.hostname,
    nodeVersion: process.nodeVersion,
    startedAt: formatIsoTime(process.startedAtMicros),
    lastSeenAt: formatIsoTime(process.lastSeenMicros),
    endedAt: endOf(process.endedAtMicros),
    endReason: process.endReason ?? null,
    state: process.state,
    ledger: process.ledger,
  };
}

function endOf(micros: number | undefined): string | null {
  return micros === undefined ? null : formatIsoTime(micros);
}

/**
 * The state of a run, by those of its processes. A process that left no word of its end is looked for; on another host
 * it cannot be, so it may still be running.
 */
export function describeState({ processes }: Pick<Run, 'processes'>): string {
  const count = (state: Process['state']) => processes.filter((process) => process.state === state).length;
  const crashed = count('crashed');
  if (count('running') > 0) return crashed === 0 ? 'running' : `running, ${formatCount(crashed)} crashed`;
  if (count('silent') > 0 || processes.length === 0) return 'running, or crashed';
  return crashed === 0 ? 'ended' : 'crashed';
}

/** Microseconds from the start of a run to its end, or to when it was last seen. */
export function runMicros(run: Run): number {
  const lastSeen = run.processes.reduce((latest, process) => Math.max(latest, process.lastSeenMicros), 0);
  return Math.max((run.endedAtMicros ?? lastSeen) - run.startedAtMicros, 0);
}
