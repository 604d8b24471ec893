import type { Terminal } from '../terminal.js';
import { cut, widthOf, wrap } from './width.js';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The one column that is cut to fit the terminal. */
  readonly isFlexible?: boolean;
  /** The most columns of the flexible one where there is no terminal. Default: those of its widest cell. */
  readonly widest?: number;
  /** Left out, the highest number first, while the terminal is too narrow. */
  readonly expendable?: number;
  /** Stands below the table where the column does. */
  readonly legend?: string;
}

type Row = readonly string[];

const GAP = '  ';

/** Columns are left out before the flexible one gets narrower than this. */
const LEAST_FLEXIBLE_WIDTH = 16;

/** The width that the flexible column gets: 0 without such a column, `Infinity` where nothing limits it. */
export function flexibleWidthOf(
  { width }: Pick<Terminal, 'width'>,
  columns: readonly Column[],
  rows: readonly Row[],
): number {
  if (!columns.some(({ isFlexible }) => isFlexible)) return 0;
  return fit(width, columns, rows).flexibleWidth ?? Number.POSITIVE_INFINITY;
}

/** A table without lines, made to fit the terminal. The cells must be safe to print. */
export function renderTable(
  { width, colors, isUnicode }: Pick<Terminal, 'width' | 'colors' | 'isUnicode'>,
  columns: readonly Column[],
  rows: readonly Row[],
): string {
  const { kept, left, flexibleWidth } = fit(width, columns, rows);
  const cells = rows.map((row) => kept.map(({ index }) => row[index] ?? ''));
  const widths = kept.map(({ column }, at) =>
    column.isFlexible && flexibleWidth !== null
      ? flexibleWidth
      : cells.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? '')), column.title.length),
  );
  const ellipsis = isUnicode ? '…' : '~';
  const head = kept.map(({ column }) => colors.bold(column.title));
  const lines = [head, ...cells].map((row) =>
    row
      .map((cell, at) => align(cut(cell, widths[at] ?? 0, ellipsis), widths[at] ?? 0, kept[at]?.column.align ?? 'left'))
      .join(GAP),
  );
  const note = (text: string) => lines.push(...wrap(text, width).map((line) => colors.dim(line)));
  if (left.length > 0) {
    const titles = left.map((column) => column.title.trim()).filter((title) => title !== '');
    note(`(no room for ${titles.join(', ')})`);
  }
  for (const { column } of kept) {
    if (column.legend !== undefined) note(column.legend);
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

function align(cell: string, width: number, side: Column['align']): string {
  const space = ' '.repeat(Math.max(width - widthOf(cell), 0));
  return side === 'left' ? `${cell}${space}` : `${space}${cell}`;
}

interface Fit {
  readonly kept: { readonly column: Column; readonly index: number }[];
  readonly left: Column[];
  readonly flexibleWidth: number | null;
}

function fit(width: number, columns: readonly Column[], rows: readonly Row[]): Fit {
  const measured = columns.map((column, index) => ({ column, index, natural: naturalWidth(column, index, rows) }));
  const flexible = measured.find(({ column }) => column.isFlexible);
  if (flexible === undefined || !Number.isFinite(width)) {
    const widest = flexible?.column.widest;
    return {
      kept: measured,
      left: [],
      flexibleWidth: widest === undefined ? null : Math.min(flexible!.natural, widest),
    };
  }
  let kept = measured;
  const left: Column[] = [];
  const room = () =>
    kept.reduce((rest, { natural }) => rest - natural - GAP.length, width + GAP.length) + flexible.natural;
  for (const candidate of measured.filter(isExpendable).sort(mostExpendableFirst)) {
    if (room() >= Math.min(flexible.natural, LEAST_FLEXIBLE_WIDTH)) {
      break;
    }
    kept = kept.filter((column) => column !== candidate);
    left.push(candidate.column);
  }
  return { kept, left, flexibleWidth: Math.max(Math.min(flexible.natural, room()), 1) };
}

interface Measured {
  readonly column: Column;
}

function isExpendable({ column }: Measured): boolean {
  return column.expendable !== undefined;
}

function mostExpendableFirst(a: Measured, b: Measured): number {
  return (b.column.expendable ?? 0) - (a.column.expendable ?? 0);
}

function naturalWidth(column: Column, index: number, rows: readonly Row[]): number {
  return rows.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? '')), column.title.length);
}
