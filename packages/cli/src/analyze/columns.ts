import type { Group, SortColumn } from '@ferretjs/queries';
import { formatCount, formatDuration, formatPercent, formatRate } from '@ferretjs/queries/words';
import { displayName } from '../format/name.js';
import type { Column } from '../format/table.js';
import type { Terminal } from '../terminal.js';

interface FiguresColumn extends Column {
  readonly cell: (group: Group, terminal: Pick<Terminal, 'colors'>) => string;
}

/** Stands in the table for a value that the spans do not have. */
export const NO_VALUE = '(none)';

/** The columns of the table, by the word that sorts by them. A narrow terminal loses the most expendable first. */
export const COLUMNS: Readonly<Record<SortColumn, FiguresColumn>> = {
  name: {
    title: 'name',
    align: 'left',
    isFlexible: true,
    widest: 80,
    cell: ({ name }, { colors }) => (name === null ? colors.dim(NO_VALUE) : displayName(name)),
  },
  count: { title: 'count', align: 'right', cell: ({ count }) => formatCount(count) },
  rate: {
    title: 'rate',
    align: 'right',
    expendable: 7,
    cell: ({ ratePerSecond }) => formatRate(ratePerSecond),
  },
  errors: {
    title: 'errors',
    align: 'right',
    expendable: 1,
    cell: ({ errors, errorShare }, { colors }) =>
      errors > 0 ? colors.red(`${formatCount(errors)} (${formatPercent(errorShare)})`) : '0',
  },
  total: duration('total', 8, ({ totalNanos }) => totalNanos),
  share: {
    title: 'share',
    align: 'right',
    expendable: 6,
    cell: ({ share }) => formatPercent(share),
  },
  average: duration('average', 10, ({ averageNanos }) => averageNanos),
  min: duration('min', 11, ({ minNanos }) => minNanos),
  p50: duration('p50', 2, ({ p50Nanos }) => p50Nanos),
  p95: duration('p95', undefined, ({ p95Nanos }) => p95Nanos),
  p99: duration('p99', 4, ({ p99Nanos }) => p99Nanos),
  max: duration('max', 9, ({ maxNanos }) => maxNanos),
};

function duration(title: string, expendable: number | undefined, value: (group: Group) => number): FiguresColumn {
  return {
    title,
    align: 'right',
    ...(expendable !== undefined && { expendable }),
    cell: (group) => formatDuration(value(group)),
  };
}
