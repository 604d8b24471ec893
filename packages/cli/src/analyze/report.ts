import type { Analysis, AnalyzeQuery, EmptyReason, Group, SortColumn } from '@ferretjs/queries';
import { countOf, escapeControls, SORT_COLUMNS } from '@ferretjs/queries/words';
import { describeReport } from '../format/report.js';
import { type Column, renderTable } from '../format/table.js';
import { wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';
import { COLUMNS } from './columns.js';
import { type Distributions, drawDistributions } from './distribution.js';
import { describeFigures } from './heading.js';

/** The most names in a table. Default of `--limit`. */
export const TABLE_LIMIT = 50;

/** The name that the counters give to all names beyond those that they know (statistics/ in @ferretjs/core). */
const OTHER_NAMES = '(other names)';

export const EMPTY: Readonly<Record<EmptyReason, string>> = {
  'never stored': 'No span has been stored.',
  deleted: 'Its spans have been deleted (retention).',
  'no match': 'No trace begins with a span that matches.',
};

export interface ReportOptions extends AnalyzeQuery {
  readonly sort: SortColumn;
}

/** The report that people read. */
export function renderReport(terminal: Terminal, analysis: Analysis, options: ReportOptions): string {
  const { colors, width } = terminal;
  const { by, names, nameCount, source } = analysis;
  const heading = describeReport(terminal, analysis, describeFigures(analysis, options));
  if (names.length === 0) return [heading, '', describeNothing(analysis, options)].join('\n');
  const distributions = drawDistributions(terminal, names);
  const table = renderTable(
    terminal,
    columnsOf(escapeControls(by.replace(/^attribute:/, '')), options.sort, distributions),
    names.map((group) => rowOf(terminal, group, distributions)),
  );
  const notes: string[] = [];
  if (nameCount > names.length) {
    const more = countOf(nameCount - names.length, by === 'name' ? 'more name' : 'more value');
    notes.push(`... and ${more}: --limit ${nameCount} shows all`);
  }
  if (source === 'routes' && names.some(({ name }) => name === OTHER_NAMES)) {
    notes.push(`${OTHER_NAMES}: a process counts 2,000 names; --exact tells the others apart`);
  }
  const dim = notes.flatMap((note) => wrap(note, width)).map((note) => colors.dim(note));
  return [heading, '', table, ...dim].join('\n');
}

function describeNothing({ ledger }: Analysis, { since, until, where = [] }: AnalyzeQuery): string {
  if (since !== undefined || until !== undefined || where.length > 0) return 'No span matches.';
  return EMPTY[ledger.stored > 0 ? 'deleted' : 'never stored'];
}

function columnsOf(title: string, sort: SortColumn, { legend }: Distributions): Column[] {
  const columns = SORT_COLUMNS.map((word): Column => {
    const { expendable, ...column } = COLUMNS[word];
    const shown = word === 'name' ? { ...column, title } : column;
    // The column that the table is sorted by stays, however narrow the terminal is.
    return word === sort || expendable === undefined ? shown : { ...shown, expendable };
  });
  return [...columns, { title: 'distribution', align: 'left', expendable: 5, legend }];
}

function rowOf(terminal: Terminal, group: Group, distributions: Distributions): string[] {
  return [...SORT_COLUMNS.map((word) => COLUMNS[word].cell(group, terminal)), distributions.render(group)];
}
