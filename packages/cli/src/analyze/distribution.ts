import { formatDuration } from '../format/duration.js';
import { renderSparkline } from '../format/sparkline.js';
import type { Terminal } from '../terminal.js';
import type { Group } from './figures.js';

const MOST_BARS = 16;

/** Histograms on one scale, so that rows can be compared. */
export interface Distributions {
  render(group: Group): string;
  /** What the bars stand for. */
  readonly legend: string;
}

/** Draws the distributions of groups on a scale of doublings, or of several where there are too many of them. */
export function drawDistributions(terminal: Pick<Terminal, 'isUnicode'>, groups: readonly Group[]): Distributions {
  const steps = groups.flatMap(({ distribution }) => distribution.map(({ fromNanos }) => stepOf(fromNanos)));
  const first = steps.reduce((least, step) => Math.min(least, step), Number.POSITIVE_INFINITY);
  const last = steps.reduce((most, step) => Math.max(most, step), 0);
  const width = Math.max(Math.ceil((last - first + 1) / MOST_BARS), 1);
  const count = Math.floor((last - first) / width) + 1;
  return {
    render: ({ distribution }) => {
      const bars = new Array<number>(count).fill(0);
      for (const { fromNanos, count: spans } of distribution) {
        bars[Math.floor((stepOf(fromNanos) - first) / width)]! += spans;
      }
      return renderSparkline(terminal, bars);
    },
    legend:
      `distribution: ${first === FIRST_STEP ? '0' : formatDuration(2 ** first)} to ${formatDuration(2 ** (first + count * width))}, ` +
      `each bar up to ${2 ** width} times as long as the one before`,
  };
}

/** The step that begins at 0 ends at 2^10. */
const FIRST_STEP = 9;

function stepOf(fromNanos: number): number {
  return fromNanos === 0 ? FIRST_STEP : Math.round(Math.log2(fromNanos));
}
