import type { SpanNode } from './trace-tree.js';

/** A span, or siblings that are the same again and again, as one line of a drawn tree. */
export interface FoldedNode {
  /** In order of start. Never empty. */
  readonly members: readonly [SpanNode, ...SpanNode[]];
  /** The spans below the members, folded in the same way. */
  readonly children: readonly FoldedNode[];
  readonly totalNanos: number;
  readonly maxNanos: number;
  readonly selfNanos: number;
  /** The number of spans here and below. */
  readonly size: number;
  readonly isCritical: boolean;
}

interface Draft extends FoldedNode {
  readonly children: Draft[];
}

/** Fewer siblings of a kind are shown one by one. */
const LEAST_REPEATED = 3;

/**
 * Folds siblings with the same name and fate into one, and what is below them too: forty-eight queries where one would
 * do are one line. Does not recurse, as a trace may be as deep as it is long.
 */
export function foldSiblings(root: SpanNode, critical: ReadonlySet<SpanNode>): FoldedNode {
  const top = toDraft([root], critical);
  const pending = [top];
  for (const draft of pending) {
    // Below what is folded already, two of a kind are one line more for nothing.
    const least = draft.members.length > 1 ? 2 : LEAST_REPEATED;
    for (const members of groupSiblings(
      draft.members.flatMap(({ children }) => children),
      least,
    )) {
      const child = toDraft(members, critical);
      draft.children.push(child);
      pending.push(child);
    }
  }
  return top;
}

type Members = [SpanNode, ...SpanNode[]];

function groupSiblings(siblings: readonly SpanNode[], least: number): Members[] {
  const groups = new Map<string, Members>();
  for (const node of siblings) {
    const { name, kind, outcome, errorType, httpStatusCode, processKey } = node.span;
    const key = JSON.stringify([name, kind, outcome, errorType, httpStatusCode, node.isOrphan, processKey]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return [...groups.values()]
    .flatMap((group): Members[] => (group.length < least ? group.map((node): Members => [node]) : [group]))
    .sort(([a], [b]) => a.span.startMicros - b.span.startMicros);
}

function toDraft(members: Members, critical: ReadonlySet<SpanNode>): Draft {
  let [totalNanos, maxNanos, selfNanos, size, isCritical] = [0, 0, 0, 0, false];
  for (const node of members) {
    totalNanos += node.span.durationNanos;
    maxNanos = Math.max(maxNanos, node.span.durationNanos);
    selfNanos += node.selfNanos;
    size += node.size;
    isCritical ||= critical.has(node);
  }
  return { members, children: [], totalNanos, maxNanos, selfNanos, size, isCritical };
}
