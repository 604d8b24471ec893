import type { Run } from '@ferretjs/core/reader';
import { escapeControls } from '../format/escape.js';
import { countOf } from '../format/number.js';
import { describeRun } from '../format/run.js';
import { type Column, renderTable } from '../format/table.js';
import { wrap } from '../format/wrap.js';
import type { Terminal } from '../terminal.js';
import { COLUMNS } from './columns.js';
import { type Distributions, drawDistributions } from './distribution.js';
import type { Figures, FiguresOptions, Group } from './figures.js';
import { describeFigures, describeGap } from './heading.js';
import { SORT_COLUMNS, type SortColumn } from './sort-columns.js';

const TABLE_LIMIT = 50;

/** The report that people read. */
export function renderReport(
  terminal: Terminal,
  run: Run,
  figures: Figures,
  options: FiguresOptions & { readonly sort: SortColumn; readonly limit?: number },
): string {
  const { colors, width } = terminal;
  const { groups } = figures;
  const { by, sort, limit = TABLE_LIMIT, where = [] } = options;
  const heading = describeRun(
    terminal,
    run,
    describeGap(run, figures, options),
    describeFigures(run, figures, options),
  );
  if (groups.length === 0) {
    const isWhole = options.since === undefined && options.until === undefined && where.length === 0;
    return [heading, '', isWhole ? 'No span has been stored.' : 'No span is like that.'].join('\n');
  }
  const shown = groups.slice(0, limit);
  const distributions = drawDistributions(terminal, shown);
  const table = renderTable(
    terminal,
    columnsOf(escapeControls(by.replace(/^attribute:/, '')), sort, distributions),
    shown.map((group) => rowOf(terminal, group, distributions)),
  );
  const notes: string[] = [];
  if (groups.length > limit) {
    const more = countOf(groups.length - limit, by === 'name' ? 'more name' : 'more value');
    notes.push(...wrap(`... and ${more}: --limit ${groups.length} shows all`, width));
  }
  return [heading, '', table, ...notes.map((note) => colors.dim(note))].join('\n');
}

function columnsOf(title: string, sort: SortColumn, { legend }: Distributions): Column[] {
  const columns = SORT_COLUMNS.map((word): Column => {
    const { expendable, ...column } = COLUMNS[word];
    const shown = word === 'name' ? { ...column, title } : column;
    // What it is sorted by stays, however narrow the terminal is.
    return word === sort || expendable === undefined ? shown : { ...shown, expendable };
  });
  return [...columns, { title: 'distribution', align: 'left', expendable: 4, legend }];
}

function rowOf(terminal: Terminal, group: Group, distributions: Distributions): string[] {
  return [...SORT_COLUMNS.map((word) => COLUMNS[word].cell(group, terminal)), distributions.render(group)];
}
