import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Terminal } from '../terminal.js';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The one column that is cut to fit the terminal. */
  readonly isFlexible?: boolean;
  /** Left out, the highest number first, while the terminal is too narrow. */
  readonly expendable?: number;
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
  { width, colors }: Pick<Terminal, 'width' | 'colors'>,
  columns: readonly Column[],
  rows: readonly Row[],
): string {
  const { kept, left, flexibleWidth } = fit(width, columns, rows);
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: kept.map(({ column }) => colors.bold(column.title)),
    colAligns: kept.map(({ column }) => column.align),
    colWidths: kept.map(({ column }) => (column.isFlexible ? flexibleWidth : null)),
  });
  table.push(...rows.map((row) => kept.map(({ index }) => row[index] ?? '')));
  const lines = table.toString().split('\n');
  if (left.length > 0) {
    lines.push(colors.dim(`(no room for ${left.map((column) => column.title).join(', ')})`));
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
