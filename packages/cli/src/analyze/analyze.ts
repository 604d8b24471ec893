import { type NameStatistics, openReader, type Run } from '@ferretjs/core/reader';
import { formatDuration } from '../format/duration.js';
import { escapeControls } from '../format/escape.js';
import { countOf, formatCount } from '../format/number.js';
import { describeRun, runToJson } from '../format/run.js';
import { type Column, renderTable } from '../format/table.js';
import type { Terminal } from '../terminal.js';
import type { SortColumn } from './sort-columns.js';

interface StatisticsColumn extends Column {
  readonly field: Exclude<keyof NameStatistics, 'distribution'>;
}

/** The columns of the table, by the word that sorts by them. A narrow terminal loses the most expendable first. */
const COLUMNS = {
  name: { title: 'name', align: 'left', field: 'name', isFlexible: true },
  count: { title: 'count', align: 'right', field: 'count' },
  errors: { title: 'errors', align: 'right', field: 'errors', expendable: 1 },
  total: { title: 'total', align: 'right', field: 'totalNanos', expendable: 3 },
  average: { title: 'average', align: 'right', field: 'averageNanos', expendable: 6 },
  min: { title: 'min', align: 'right', field: 'minNanos', expendable: 7 },
  p50: { title: 'p50', align: 'right', field: 'p50Nanos', expendable: 2 },
  p95: { title: 'p95', align: 'right', field: 'p95Nanos' },
  p99: { title: 'p99', align: 'right', field: 'p99Nanos', expendable: 4 },
  max: { title: 'max', align: 'right', field: 'maxNanos', expendable: 5 },
} as const satisfies Record<SortColumn, StatisticsColumn>;

const TABLE_LIMIT = 50;

export interface AnalyzeOptions {
  readonly run?: string;
  readonly sort: SortColumn;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `ferret analyze`: what every name of a run took. */
export async function analyze(terminal: Terminal, file: string, options: AnalyzeOptions): Promise<void> {
  const reader = await openReader(file);
  try {
    const run = await reader.run(options.run);
    const names = sortBy(options.sort, await reader.statistics(run.runId));
    terminal.print(
      options.json
        ? JSON.stringify({ run: runToJson(run), ledger: run.ledger, names: names.slice(0, options.limit) }, null, 2)
        : renderReport(terminal, run, names, options),
    );
  } finally {
    await reader.close();
  }
}

function sortBy(column: SortColumn, names: readonly NameStatistics[]): NameStatistics[] {
  const { field } = COLUMNS[column];
  return [...names].sort((a, b) => (field === 'name' ? compare(a.name, b.name) : b[field] - a[field]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function renderReport(
  terminal: Terminal,
  run: Run,
  names: readonly NameStatistics[],
  { sort, limit = TABLE_LIMIT }: AnalyzeOptions,
): string {
  const { colors } = terminal;
  const report = [describeRun(terminal, run, describeGoneSpans(run, names)), ''];
  if (names.length === 0) {
    return [...report, 'No span has been stored.'].join('\n');
  }
  const columns = Object.entries(COLUMNS as Record<string, StatisticsColumn>).map(([word, column]) => {
    const { expendable: _, ...kept } = column;
    return word === sort ? kept : column;
  });
  const rows = names.slice(0, limit).map((name) => columns.map(({ field }) => renderCell(terminal, name, field)));
  report.push(renderTable(terminal, columns, rows));
  if (names.length > limit) {
    const rest = names.length - limit;
    report.push(colors.dim(`... and ${countOf(rest, 'more name')}: --limit ${names.length} shows all`));
  }
  return report.join('\n');
}

/** Spans that were stored and are not in the file any more. A file that is being written may hold a few more instead. */
function describeGoneSpans(run: Run, names: readonly NameStatistics[]): string[] {
  const gone = run.ledger.stored - names.reduce((sum, { count }) => sum + count, 0);
  return gone > 0 ? [`${formatCount(gone)} stored, and deleted from the file since`] : [];
}

function renderCell(
  { colors }: Terminal,
  statistics: NameStatistics,
  field: Exclude<keyof NameStatistics, 'distribution'>,
): string {
  switch (field) {
    case 'name':
      return escapeControls(statistics.name);
    case 'count':
      return formatCount(statistics.count);
    case 'errors':
      return statistics.errors > 0 ? colors.red(formatCount(statistics.errors)) : '0';
    default:
      return formatDuration(statistics[field]);
  }
}
