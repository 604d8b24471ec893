import { openReader } from '@ferretjs/core/reader';
import { type ListedRun, type RunList, listRuns as readRuns } from '@ferretjs/queries';
import { countOf, escapeControls, formatCount, formatDuration, formatTime } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { type Column, renderTable } from '../format/table.js';
import { wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';

const COLUMNS: readonly Column[] = [
  { title: 'run', align: 'left', isFlexible: true, widest: 80 },
  { title: 'service', align: 'left', expendable: 0 },
  { title: 'started', align: 'left', expendable: -1 },
  { title: 'took', align: 'right', expendable: 2 },
  { title: 'processes', align: 'right', expendable: 3 },
  { title: 'spans', align: 'right' },
  { title: 'state', align: 'left', expendable: 1 },
];

export interface RunsOptions {
  readonly limit?: number;
  readonly json?: boolean;
}

const TABLE_LIMIT = 50;

/** `ferret runs`: a line a run, and below the table the spans that each run has lost. */
export async function listRuns(terminal: Terminal, file: string, { limit, json }: RunsOptions): Promise<void> {
  const reader = await openReader(file, { inPlace: true });
  try {
    const list = await readRuns(reader, limit ?? (json ? undefined : TABLE_LIMIT));
    terminal.print(json ? safeJson(list, 2) : renderRuns(terminal, list));
  } finally {
    await reader.close();
  }
}

function renderRuns(terminal: Terminal, { runs, runCount }: RunList): string {
  if (runs.length === 0) return 'No run has been recorded.';
  const older = countOf(runCount - runs.length, 'older one');
  const more = runCount > runs.length ? [terminal.colors.dim(`... and ${older}: --limit ${runCount} shows all`)] : [];
  return [renderTable(terminal, COLUMNS, runs.map(toRow)), ...more, ...describeAllLosses(terminal, runs)].join('\n');
}

function toRow(run: ListedRun): string[] {
  return [
    escapeControls(run.runId),
    escapeControls(run.service),
    formatTime(run.startedAt),
    formatDuration(run.durationNanos),
    formatCount(run.processes.length),
    formatCount(run.ledger.stored),
    run.state,
  ];
}

function describeAllLosses({ colors, width }: Terminal, runs: readonly ListedRun[]): string[] {
  const losses = runs.flatMap(({ runId, missing }) => missing.map((line) => `${escapeControls(runId)}: ${line}`));
  return losses.length === 0
    ? [colors.dim('nothing lost')]
    : ['', 'missing', ...losses.flatMap((line) => wrap(line, width - 2)).map((line) => `  ${colors.yellow(line)}`)];
}
