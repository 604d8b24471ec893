import type { Ledger, Process } from '@ferretjs/core/reader';
import { countOf, formatCount } from '../words/numbers.js';
import { formatTime } from '../words/time.js';

const DROP_REASONS: Readonly<Record<keyof Ledger['dropped'], string>> = {
  queueFull: 'queue full',
  writeFailed: 'write failed',
  closed: 'recorder closed',
  tooLarge: 'too large',
};

/** Every span that was started and is not in the file, a line a reason. No line means that nothing was lost. */
export function describeLosses(processes: readonly Process[], ledger: Ledger): string[] {
  const lines: string[] = [];
  const dropped = Object.entries(DROP_REASONS)
    .map(([reason, words]) => ({ words, count: ledger.dropped[reason as keyof Ledger['dropped']] }))
    .filter(({ count }) => count > 0);
  if (dropped.length > 0) {
    const total = dropped.reduce((sum, { count }) => sum + count, 0);
    const reasons = dropped.map(({ words, count }) => `${formatCount(count)} ${words}`).join(', ');
    lines.push(`${formatCount(total)} dropped: ${reasons}`);
  }
  if (ledger.sampledOut > 0) {
    lines.push(`${formatCount(ledger.sampledOut)} sampled out, on purpose`);
  }
  if (ledger.folded > 0) {
    lines.push(`${formatCount(ledger.folded)} folded: another span of their trace counts and sums them by name`);
  }
  if (ledger.spilled > 0) {
    lines.push(
      `${formatCount(ledger.spilled)} spilled: ` +
        'kept in a spill file until the next start of the app, or "ferret recover"',
    );
  }
  return [...lines, ...describePending(processes)];
}

function describePending(processes: readonly Process[]): string[] {
  const ended = processes.filter((process) => process.endedAtMicros !== undefined && process.ledger.pending > 0);
  const unended = processes.filter((process) => process.endedAtMicros === undefined && process.ledger.pending > 0);
  const isGone = ({ state }: Process) => state === 'crashed' || state === 'ended';
  const gone = unended.filter(isGone);
  const live = unended.filter((process) => !isGone(process));
  const overdrawn = processes.filter((process) => process.ledger.pending < 0);
  const lines: string[] = [];
  if (ended.length > 0) {
    lines.push(`${formatCount(pendingOf(ended))} never ended: lost with ${namesOf(ended)}`);
  }
  if (gone.length > 0) {
    const fate = gone.every(({ state }) => state === 'crashed') ? 'crashed' : 'ended';
    lines.push(
      `${formatCount(pendingOf(gone))} open or on their way when ${namesOf(gone)} ${fate}: ` +
        '"ferret recover" stores what it left',
    );
  }
  if (live.length > 0) {
    const lastSeen = formatTime(Math.max(...live.map((process) => process.lastSeenMicros)));
    const doubt = live.some(({ state }) => state === 'silent') ? ' (lost, if it has crashed since)' : '';
    lines.push(
      `${formatCount(pendingOf(live))} open or on their way in ${namesOf(live)}, last seen ${lastSeen}${doubt}`,
    );
  }
  if (overdrawn.length > 0) {
    lines.push(`the ledger of ${namesOf(overdrawn)} does not add up by ${formatCount(-pendingOf(overdrawn))}`);
  }
  return lines;
}

function pendingOf(processes: readonly Process[]): number {
  return processes.reduce((sum, process) => sum + process.ledger.pending, 0);
}

const NAMED_PROCESSES = 3;

function namesOf(processes: readonly Process[]): string {
  const pids = processes.slice(0, NAMED_PROCESSES).map((process) => process.pid);
  const others = processes.length - pids.length;
  const more = others > 0 ? ` and ${countOf(others, 'other', 'others')}` : '';
  return `process ${pids.join(', ')}${more}`;
}
