import { addUp, countFolded, type FoldedNode, foldedInto, foldedSiblings } from '@ferretjs/queries';
import { countOf, formatCount, formatDuration } from '@ferretjs/queries/words';
import { shortName } from '../format/name.js';

/** Names that have a line of their own. */
const SHOWN_NAMES = 5;

/**
 * A line for each name of spans that are folded into those of a line: `+ 208 folded: SELECT users, 1.20 s in total, 3
 * not ok, 209 different parameters`.
 */
export function describeFolded({ members }: Pick<FoldedNode, 'members'>): string[] {
  const sums = addUp(members.flatMap(({ span }) => foldedInto(span)));
  // Numbers of parameters cannot be added up over several rows: they may have had the same.
  const rows = members.filter(({ span }) => foldedSiblings(span) !== undefined).map(({ span }) => span);
  const parameters = rows.length === 1 ? (foldedSiblings(rows[0]!)?.parameters ?? 0) : 0;
  const lines = sums.slice(0, SHOWN_NAMES).map(({ name, count, totalNanos, errors }) => {
    const ends = errors > 0 ? `, ${formatCount(errors)} not ok` : '';
    const different = parameters > 0 && name === rows[0]?.name ? `, ${countOf(parameters, 'different parameter')}` : '';
    return `+ ${formatCount(count)} folded: ${shortName(name)}, ${formatDuration(totalNanos)} in total${ends}${different}`;
  });
  const others = sums.slice(SHOWN_NAMES);
  if (others.length > 0) {
    lines.push(`+ ${formatCount(countFolded(others))} folded: ${countOf(others.length, 'more name')}`);
  }
  return lines;
}
