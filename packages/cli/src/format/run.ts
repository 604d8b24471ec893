import type { Process, Run } from '@ferretjs/core/reader';
import type { Terminal } from '../terminal.js';
import { formatDuration } from './duration.js';
import { escapeControls } from './escape.js';
import { type Fact, renderFacts } from './facts.js';
import { describeLosses } from './ledger.js';
import { countOf, formatCount } from './number.js';
import { formatIsoTime, formatTime } from './time.js';

/** What a report says above its figures: which run, when, and always what is missing from it. */
export function describeRun(
  terminal: Pick<Terminal, 'colors' | 'width'>,
  run: Run,
  extraLosses: readonly string[],
  more: readonly Fact[] = [],
): string {
  const { colors } = terminal;
  const losses = [...describeLosses(run.processes, run.ledger), ...extraLosses];
  const origin = `${formatCount(run.ledger.stored)} from ${countOf(run.processes.length, 'process', 'processes')}`;
  return renderFacts(terminal, [
    { label: 'run', text: escapeControls(run.runId), paint: colors.bold },
    { label: 'service', text: escapeControls(run.service) },
    { label: 'when', text: `${formatTime(run.startedAtMicros)}, ${describeSpell(run)}` },
    { label: 'spans', text: losses.length === 0 ? `${origin}, nothing lost` : origin },
    ...losses.map((text) => ({ label: 'missing', text, paint: colors.yellow })),
    ...more,
  ]);
}

/** How long a run took, and how it ended. */
function describeSpell(run: Run): string {
  const length = formatDuration(runMicros(run) * 1_000);
  if (run.endedAtMicros === undefined) {
    return `${length} until last seen (${describeState(run)})`;
  }
  const reasons = new Set(run.processes.flatMap((process) => process.endReason ?? []));
  if (reasons.size === 1 && reasons.has('crashed')) return `${length} until last seen (crashed)`;
  return reasons.size === 0 ? length : `${length} (ended: ${escapeControls([...reasons].join(', '))})`;
}

/** A process that leaves no word of its end is looked for; on another host it cannot be, so it may still be running. */
export function describeState({ processes }: Pick<Run, 'processes'>): string {
  const count = (state: Process['state']) => processes.filter((process) => process.state === state).length;
  const crashed = count('crashed');
  if (count('running') > 0) return crashed === 0 ? 'running' : `running, ${formatCount(crashed)} crashed`;
  if (count('silent') > 0 || processes.length === 0) return 'running, or crashed';
  return crashed === 0 ? 'ended' : 'crashed';
}

/** From the start of a run to its end, or to when it was last seen. */
export function runMicros(run: Run): number {
  const lastSeen = run.processes.reduce((latest, process) => Math.max(latest, process.lastSeenMicros), 0);
  return Math.max((run.endedAtMicros ?? lastSeen) - run.startedAtMicros, 0);
}

/** A run for machines: times as ISO 8601, `null` for what has not happened. */
export function runToJson(run: Run) {
  return {
    runId: run.runId,
    service: run.service,
    startedAt: formatIsoTime(run.startedAtMicros),
    endedAt: endToJson(run.endedAtMicros),
    resource: run.resource,
    processes: run.processes.map(processToJson),
  };
}

function processToJson(process: Process) {
  return {
    processKey: process.processKey,
    pid: process.pid,
    threadId: process.threadId,
    threadName: process.threadName,
    hostname: process.hostname,
    nodeVersion: process.nodeVersion,
    startedAt: formatIsoTime(process.startedAtMicros),
    lastSeenAt: formatIsoTime(process.lastSeenMicros),
    endedAt: endToJson(process.endedAtMicros),
    endReason: process.endReason ?? null,
    state: process.state,
    ledger: process.ledger,
  };
}

function endToJson(micros: number | undefined): string | null {
  return micros === undefined ? null : formatIsoTime(micros);
}
