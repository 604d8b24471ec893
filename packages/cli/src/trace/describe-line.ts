import type { StoredSpan } from '@ferretjs/core/reader';
import { type FoldedNode, withoutFolded } from '@ferretjs/queries';
import { escapeControls, formatCount, formatDuration } from '@ferretjs/queries/words';
import { describeAttributes } from '../format/attributes.js';
import { displayName } from '../format/name.js';
import type { Terminal } from '../terminal.js';

/** The text of a line of a tree, for its span or for repeated siblings: `x 48 SELECT users  max 9.00 ms`. */
export function describeLine(terminal: Terminal, { members, maxNanos }: FoldedNode, depth: number): string {
  const { colors } = terminal;
  const [{ span, isOrphan }] = members;
  const name = displayName(span.name);
  const words = [depth === 0 ? colors.bold(name) : name];
  if (members.length > 1) {
    words[0] = `${colors.bold(`x ${formatCount(members.length)}`)} ${name}`;
    words.push(`max ${formatDuration(maxNanos)}`);
  }
  if (span.httpStatusCode !== undefined) {
    words.push(String(span.httpStatusCode));
  }
  if (span.outcome !== 'ok') {
    words.push(describeOutcome(terminal, span));
  }
  if (isOrphan) {
    words.push(colors.yellow('(parent missing)'));
  } else if (depth === 0 && span.parentId !== undefined) {
    words.push(colors.dim('(called from another service)'));
  }
  const attributes = describeAttributes(sharedAttributes(members));
  if (attributes !== '') {
    words.push(colors.dim(attributes));
  }
  return words.join('  ');
}

/** The attributes that are the same in all; what is folded into them has lines of its own. */
function sharedAttributes([first, ...others]: FoldedNode['members']): StoredSpan['attributes'] {
  const entries = Object.entries(withoutFolded(first.span.attributes));
  return Object.fromEntries(
    entries.filter(([key, value]) =>
      others.every(({ span }) => JSON.stringify(span.attributes[key]) === JSON.stringify(value)),
    ),
  );
}

function describeOutcome({ colors }: Terminal, { outcome, errorType }: StoredSpan): string {
  const text = errorType === undefined ? outcome : `${outcome}: ${escapeControls(errorType)}`;
  return outcome === 'error' ? colors.red(text) : colors.yellow(text);
}
