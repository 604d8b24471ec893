import { distributionScale, type Group } from '@ferretjs/queries';
import { formatDuration } from '@ferretjs/queries/words';
import { renderSparkline } from '../format/sparkline.js';
import type { Terminal } from '../terminal.js';

/** Histograms on one scale, so that rows can be compared. */
export interface Distributions {
  render(group: Group): string;
  /** The meaning of the bars. */
  readonly legend: string;
}

/** Draws the distributions of groups. */
export function drawDistributions(terminal: Pick<Terminal, 'isUnicode'>, groups: readonly Group[]): Distributions {
  const scale = distributionScale(groups);
  if (scale === undefined) return { render: () => '', legend: 'distribution: not in the file' };
  const { fromNanos, toNanos, isOpen, factor } = scale;
  return {
    render: (group) => renderSparkline(terminal, scale.barsOf(group)),
    legend:
      `distribution: ${fromNanos === 0 ? '0' : formatDuration(fromNanos)} to ${formatDuration(toNanos)}` +
      `${isOpen ? ' and more' : ''}, each bar up to ${factor} times as long as the one before`,
  };
}
