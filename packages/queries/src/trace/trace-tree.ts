import type { StoredSpan } from '@ferretjs/core/reader';
import { foldedSiblings } from './folded-spans.js';

/** A span among its children. */
export interface SpanNode {
  readonly span: StoredSpan;
  /** In order of start. */
  readonly children: readonly SpanNode[];
  /** Time in which no child was running. */
  readonly selfNanos: number;
  /** The span names a parent that is not in the file: still open, dropped or never written. */
  readonly isOrphan: boolean;
  /** The number of spans here and below. */
  readonly size: number;
}

interface Draft {
  readonly span: StoredSpan;
  parent: Draft | undefined;
  readonly children: Draft[];
  selfNanos: number;
  isOrphan: boolean;
  size: number;
}

/**
 * Makes trees of the spans of a trace, given in order of start. A span whose parent is missing goes under a root,
 * marked; a local root whose parent is missing (a caller in another service) is a root itself. Nothing here recurses:
 * a trace may be as deep as it is long. Nothing here trusts the file either: an id used twice, or a span that is its
 * own ancestor, loses no span.
 */
export function buildTrees(spans: readonly StoredSpan[]): SpanNode[] {
  const drafts = toDrafts(spans);
  const roots: Draft[] = [];
  const orphans: Draft[] = [];
  for (const draft of drafts) {
    if (draft.parent !== undefined) {
      draft.parent.children.push(draft);
    } else if (draft.span.parentId === undefined || draft.span.isLocalRoot) {
      roots.push(draft);
    } else {
      orphans.push(draft);
    }
  }
  orphans.push(...cutCycles(drafts, [...roots, ...orphans]));
  for (const draft of parentsFirst([...roots, ...orphans]).reverse()) {
    draft.size = draft.children.reduce((size, child) => size + child.size, 1);
    draft.selfNanos = selfNanosOf(draft);
  }
  // Orphans join once the self times are known: nobody can say whose time they took.
  return adopt(roots, orphans);
}

/** All spans of some trees, in no order. */
export function* nodesOf(roots: readonly SpanNode[]): Generator<SpanNode> {
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    yield node;
    for (const child of node.children) pending.push(child);
  }
}

function toDrafts(spans: readonly StoredSpan[]): Draft[] {
  const drafts = spans.map<Draft>((span) => ({
    span,
    parent: undefined,
    children: [],
    selfNanos: 0,
    isOrphan: false,
    size: 1,
  }));
  const bySpanId = new Map<string, Draft>();
  for (const draft of drafts) {
    if (!bySpanId.has(draft.span.spanId)) {
      bySpanId.set(draft.span.spanId, draft);
    }
  }
  for (const draft of drafts) {
    draft.parent = bySpanId.get(draft.span.parentId ?? '');
  }
  return drafts;
}

/** Takes one span out of every circle that no root leads to, and returns those spans. */
function cutCycles(drafts: readonly Draft[], tops: readonly Draft[]): Draft[] {
  const reached = new Set(parentsFirst(tops));
  const cut: Draft[] = [];
  for (const draft of drafts) {
    if (reached.has(draft)) {
      continue;
    }
    const path = new Set<Draft>();
    let member: Draft | undefined = draft;
    while (member !== undefined && !path.has(member)) {
      path.add(member);
      member = member.parent;
    }
    if (member !== undefined) {
      const siblings = member.parent?.children ?? [];
      siblings.splice(siblings.indexOf(member), 1);
      cut.push(member);
      parentsFirst([member]).forEach((below) => void reached.add(below));
    }
  }
  return cut;
}

function adopt(roots: readonly Draft[], orphans: readonly Draft[]): SpanNode[] {
  // The first of each process.
  const rootOf = new Map([...roots].reverse().map((root) => [root.span.processKey, root]));
  for (const orphan of orphans) {
    orphan.isOrphan = true;
    const root = rootOf.get(orphan.span.processKey) ?? roots[0];
    if (root !== undefined) {
      root.children.push(orphan);
      root.size += orphan.size;
    }
  }
  for (const root of roots) {
    root.children.sort((a, b) => a.span.startMicros - b.span.startMicros);
  }
  return roots.length > 0 ? [...roots] : [...orphans];
}

/** The trees as one list, every parent before its children. */
function parentsFirst(tops: readonly Draft[]): Draft[] {
  const list = [...tops];
  for (const draft of list) {
    // The loop goes on to what is added here.
    for (const child of draft.children) {
      list.push(child);
    }
  }
  return list;
}

/**
 * Duration minus the time in which at least one child ran, whether they ran in turn or at once. Children that are
 * folded into another count as well.
 */
function selfNanosOf({ span, children }: Draft): number {
  let busyNanos = 0;
  let coveredUntil = 0;
  for (const { span: child } of children) {
    // Relative to the parent: nanoseconds since the epoch are more than a number holds exactly.
    const start = (child.startMicros - span.startMicros) * 1_000;
    const from = Math.max(start, coveredUntil);
    const until = Math.min(start + child.durationNanos, span.durationNanos);
    if (until > from) {
      busyNanos += until - from;
      coveredUntil = until;
    }
    busyNanos += foldedSiblings(child)?.busyNanos ?? 0;
  }
  return Math.max(0, span.durationNanos - busyNanos);
}
