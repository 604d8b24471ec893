import { type FoldedNode, nodesOf, type SpanNode } from '@ferretjs/queries';
import { formatDuration } from '@ferretjs/queries/words';
import { widthOf } from '../format/width.js';
import type { Terminal } from '../terminal.js';

/** Where and when the bars of a trace are drawn. */
export interface Waterfall {
  readonly width: number;
  /** Microseconds since the epoch. */
  readonly fromMicros: number;
  readonly lengthNanos: number;
}

const NARROWEST = 10;
const WIDEST = 60;

/** A waterfall from the first start in some trees to the last end, in a third of the terminal. */
export function planWaterfall({ width }: Pick<Terminal, 'width'>, roots: readonly SpanNode[]): Waterfall {
  let fromMicros = Number.POSITIVE_INFINITY;
  for (const node of nodesOf(roots)) fromMicros = Math.min(fromMicros, node.span.startMicros);
  let lengthNanos = 1;
  for (const { span } of nodesOf(roots)) {
    lengthNanos = Math.max(lengthNanos, (span.startMicros - fromMicros) * 1_000 + span.durationNanos);
  }
  const columns = Math.min(Math.max(Math.floor(Math.min(width, 3 * WIDEST) / 3), NARROWEST), WIDEST);
  return { width: columns, fromMicros, lengthNanos };
}

/** The scale above the bars: `0       4.20 ms`. */
export function renderScale({ width, lengthNanos }: Waterfall): string {
  const end = formatDuration(lengthNanos);
  return `0${end.padStart(Math.max(width - 1, widthOf(end) + 1))}`;
}

/** The characters of bars: of those on the critical path, and of the others. */
export function barsOf({ isUnicode }: Pick<Terminal, 'isUnicode'>): readonly [solid: string, light: string] {
  return isUnicode ? ['█', '░'] : ['#', '-'];
}

/** A bar for each member of a line; what is on the critical path is solid. */
export function renderBars(
  { colors, isUnicode }: Pick<Terminal, 'colors' | 'isUnicode'>,
  waterfall: Waterfall,
  node: FoldedNode,
): string {
  const cells = new Array<boolean>(waterfall.width).fill(false);
  for (const { span } of node.members) {
    const startNanos = (span.startMicros - waterfall.fromMicros) * 1_000;
    const first = cellOf(waterfall, startNanos);
    const last = Math.max(
      Math.ceil(((startNanos + span.durationNanos) / waterfall.lengthNanos) * waterfall.width) - 1,
      first,
    );
    cells.fill(true, first, last + 1);
  }
  const [solid, light] = barsOf({ isUnicode });
  const bar = cells.map((isBusy) => (isBusy ? (node.isCritical ? solid : light) : ' ')).join('');
  return node.members[0].span.outcome === 'error' ? colors.red(bar) : bar;
}

function cellOf({ width, lengthNanos }: Waterfall, nanos: number): number {
  return Math.min(Math.floor((nanos / lengthNanos) * width), width - 1);
}
