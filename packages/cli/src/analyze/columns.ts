import { formatDuration } from '../format/duration.js';
import { escapeControls } from '../format/escape.js';
import { formatCount } from '../format/number.js';
import { formatPercent } from '../format/percent.js';
import { formatRate } from '../format/rate.js';
import type { Column } from '../format/table.js';
import type { Terminal } from '../terminal.js';
import type { Group } from './figures.js';
import type { SortColumn } from './sort-columns.js';

interface FiguresColumn extends Column {
  /** What the table is sorted by. */
  readonly value: (group: Group) => number | string;
  readonly cell: (group: Group, terminal: Pick<Terminal, 'colors'>) => string;
}

/** What stands for a value that spans do not have. */
export const NO_VALUE = '(none)';

/** The columns of the table, by the word that sorts by them. A narrow terminal loses the most expendable first. */
export const COLUMNS: Readonly<Record<SortColumn, FiguresColumn>> = {
  name: {
    title: 'name',
    align: 'left',
    isFlexible: true,
    value: ({ name }) => name ?? '',
    cell: ({ name }, { colors }) => (name === null ? colors.dim(NO_VALUE) : escapeControls(name)),
  },
  count: { title: 'count', align: 'right', value: ({ count }) => count, cell: ({ count }) => formatCount(count) },
  rate: {
    title: 'rate',
    align: 'right',
    expendable: 6,
    value: ({ ratePerSecond }) => ratePerSecond,
    cell: ({ ratePerSecond }) => formatRate(ratePerSecond),
  },
  errors: {
    title: 'errors',
    align: 'right',
    expendable: 1,
    value: ({ errors }) => errors,
    cell: ({ errors, errorShare }, { colors }) =>
      errors > 0 ? colors.red(`${formatCount(errors)} (${formatPercent(errorShare)})`) : '0',
  },
  total: duration('total', 8, ({ totalNanos }) => totalNanos),
  share: {
    title: 'share',
    align: 'right',
    expendable: 3,
    value: ({ share }) => share,
    cell: ({ share }) => formatPercent(share),
  },
  average: duration('average', 10, ({ averageNanos }) => averageNanos),
  min: duration('min', 11, ({ minNanos }) => minNanos),
  p50: duration('p50', 2, ({ p50Nanos }) => p50Nanos),
  p95: duration('p95', undefined, ({ p95Nanos }) => p95Nanos),
  p99: duration('p99', 5, ({ p99Nanos }) => p99Nanos),
  max: duration('max', 9, ({ maxNanos }) => maxNanos),
};

function duration(title: string, expendable: number | undefined, value: (group: Group) => number): FiguresColumn {
  return {
    title,
    align: 'right',
    ...(expendable !== undefined && { expendable }),
    value,
    cell: (group) => formatDuration(value(group)),
  };
}

/** The largest first, but names by name. */
export function sortBy(column: SortColumn, groups: readonly Group[]): Group[] {
  const { value } = COLUMNS[column];
  return [...groups].sort((a, b) => compare(value(a), value(b)));
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return a < b ? -1 : Number(a > b);
}
