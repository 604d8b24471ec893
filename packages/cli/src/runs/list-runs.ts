import { openReader, type Run } from '@ferretjs/core/reader';
import { formatDuration } from '../format/duration.js';
import { escapeControls } from '../format/escape.js';
import { describeLosses } from '../format/ledger.js';
import { countOf, formatCount } from '../format/number.js';
import { describeState, runMicros, runToJson } from '../format/run.js';
import { type Column, renderTable } from '../format/table.js';
import { formatTime } from '../format/time.js';
import type { Terminal } from '../terminal.js';

const COLUMNS: readonly Column[] = [
  { title: 'run', align: 'left' },
  { title: 'service', align: 'left', isFlexible: true },
  { title: 'started', align: 'left', expendable: 0 },
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

/** `ferret runs`: a line a run, and under it what the run has lost. */
export async function listRuns(terminal: Terminal, file: string, { limit, json }: RunsOptions): Promise<void> {
  const reader = await openReader(file);
  try {
    const all = await reader.runs();
    const runs = all.slice(0, limit ?? (json ? all.length : TABLE_LIMIT));
    if (json) {
      const documents = runs.map((run) => ({ ...runToJson(run), ledger: run.ledger }));
      terminal.print(JSON.stringify({ runs: documents, hasMore: all.length > runs.length }, null, 2));
    } else if (runs.length === 0) {
      terminal.print('No run has been recorded.');
    } else {
      const rest = all.length - runs.length;
      const more =
        rest > 0 ? [terminal.colors.dim(`... and ${countOf(rest, 'older one')}: --limit ${all.length} shows all`)] : [];
      terminal.print(
        [renderTable(terminal, COLUMNS, runs.map(toRow)), ...more, ...describeAllLosses(terminal, runs)].join('\n'),
      );
    }
  } finally {
    await reader.close();
  }
}

function toRow(run: Run): string[] {
  return [
    escapeControls(run.runId),
    escapeControls(run.service),
    formatTime(run.startedAtMicros),
    formatDuration(runMicros(run) * 1_000),
    formatCount(run.processes.length),
    formatCount(run.ledger.stored),
    describeState(run),
  ];
}

function describeAllLosses({ colors }: Terminal, runs: readonly Run[]): string[] {
  const losses = runs.flatMap((run) =>
    describeLosses(run.processes, run.ledger).map((line) => `${escapeControls(run.runId)}: ${line}`),
  );
  return losses.length === 0
    ? [colors.dim('nothing lost')]
    : ['', 'missing', ...losses.map((line) => `  ${colors.yellow(line)}`)];
}
