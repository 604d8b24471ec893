import type { Report } from '@ferretjs/queries';
import { countOf, escapeControls, formatCount, formatDuration, formatTime } from '@ferretjs/queries/words';
import type { Terminal } from '../terminal.js';
import { type Fact, renderFacts } from './facts.js';

/** The lines above the figures of a report: the run, when it was, and always the spans that are missing from it. */
export function describeReport(
  terminal: Pick<Terminal, 'colors' | 'width'>,
  report: Report,
  more: readonly Fact[] = [],
): string {
  const { colors } = terminal;
  const { run, title, ledger, missing } = report;
  const origin = `${formatCount(ledger.stored)} from ${countOf(run.processes.length, 'process', 'processes')}`;
  return renderFacts(terminal, [
    { label: 'run', text: escapeControls(title), paint: colors.bold },
    { label: 'service', text: escapeControls(run.service) },
    { label: 'when', text: `${formatTime(run.startedAt)}, ${describeSpell(report)}` },
    { label: 'spans', text: missing.length === 0 ? `${origin}, nothing lost` : origin },
    ...missing.map((text) => ({ label: 'missing', text, paint: colors.yellow })),
    ...more,
  ]);
}

/** The duration of a run, and its end. */
function describeSpell({ run }: Report): string {
  const length = formatDuration(run.durationNanos);
  if (run.endedAt === null) return `${length} until last seen (${run.state})`;
  const reasons = new Set(run.processes.flatMap(({ endReason }) => endReason ?? []));
  if (reasons.size === 1 && reasons.has('crashed')) return `${length} until last seen (crashed)`;
  return reasons.size === 0 ? length : `${length} (ended: ${escapeControls([...reasons].join(', '))})`;
}
