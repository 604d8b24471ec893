import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Terminal } from '../terminal.js';
import { wrap } from './wrap.js';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The one column that is cut to fit the terminal. */
  readonly isFlexible?: boolean;
  /** Left out, the highest number first, while the terminal is too narrow. */
  readonly expendable?: number;
  /** Stands below the table where the column does. */
  readonly legend?: string;
}

type Row = readonly string[];

const GAP = '  ';

/** Columns are left out before the flexible one gets narrower than this. */
const LEAST_FLEXIBLE_WIDTH = 16;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
};

/** A table without lines, made to fit the terminal. The cells must be safe to print. */
export function renderTable(
  { width, colors, isUnicode }: Pick<Terminal, 'width' | 'colors' | 'isUnicode'>,
  columns: readonly Column[],
  rows: readonly Row[],
): string {
  const { kept, left, flexibleWidth } = fit(width, columns, rows);
  const table = new Table({
    chars: NO_LINES,
    truncate: isUnicode ? '…' : '~',
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: kept.map(({ column }) => colors.bold(column.title)),
    colAligns: kept.map(({ column }) => column.align),
    colWidths: kept.map(({ column }) => (column.isFlexible ? flexibleWidth : null)),
  });
  table.push(...rows.map((row) => kept.map(({ index }) => row[index] ?? '')));
  const lines = table.toString().split('\n');
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

interface Fit {
  readonly kept: { readonly column: Column; readonly index: number }[];
  readonly left: Column[];
  readonly flexibleWidth: number | null;
}

function fit(width: number, columns: readonly Column[], rows: readonly Row[]): Fit {
  const measured = columns.map((column, index) => ({ column, index, natural: naturalWidth(column, index, rows) }));
  const flexible = measured.find(({ column }) => column.isFlexible);
  if (flexible === undefined || !Number.isFinite(width)) {
    return { kept: measured, left: [], flexibleWidth: null };
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
  return rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index] ?? '')), column.title.length);
}
