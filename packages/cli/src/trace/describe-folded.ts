import { addUp, countFolded, type FoldedNode, foldedInto } from '@ferretjs/queries';
import { countOf, formatCount, formatDuration } from '@ferretjs/queries/words';
import { shortName } from '../format/name.js';

/** Names that have a line of their own. */
const SHOWN_NAMES = 5;

/**
 * A line for each name of spans that are folded into those of a line: `+ 212 folded: SELECT users, 1.20 s in total, 3
 * not ok`.
 */
export function describeFolded({ members }: Pick<FoldedNode, 'members'>): string[] {
  const sums = addUp(members.flatMap(({ span }) => foldedInto(span)));
  const lines = sums.slice(0, SHOWN_NAMES).map(({ name, count, totalNanos, errors }) => {
    const ends = errors > 0 ? `, ${formatCount(errors)} not ok` : '';
    return `+ ${formatCount(count)} folded: ${shortName(name)}, ${formatDuration(totalNanos)} in total${ends}`;
  });
  const others = sums.slice(SHOWN_NAMES);
  if (others.length > 0) {
    lines.push(`+ ${formatCount(countFolded(others))} folded: ${countOf(others.length, 'more name')}`);
  }
  return lines;
}
