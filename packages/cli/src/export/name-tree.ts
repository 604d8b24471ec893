import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { buildTrees, foldedInto, type SpanNode } from '@ferretjs/queries';
import { countOf } from '@ferretjs/queries/words';

/** Spans of one name below the same names: a frame of a flame graph. */
export interface NameNode {
  readonly name: string;
  readonly depth: number;
  /** Time in which no child ran; of all the spans together. */
  selfNanos: number;
  /** The same of this frame and all below it. */
  totalNanos: number;
  readonly children: Map<string, NameNode>;
}

/** Frames of which a tree is made. Names made of data would fill the memory, here and in the browser. */
const MAX_NODES = 50_000;

/** speedscope recurses over frames, and runs out of stack at some thousands (jlfwong/speedscope#386). */
export const MAX_DEPTH = 500;

export const OTHER_NAMES = '(other names)';

/** The name of a frame. A span that did not end well is another frame than one that did. */
export function frameName({ name, outcome }: StoredSpan): string {
  return outcome === 'ok' ? name : `${name} [${outcome}]`;
}

/** Traces merged by name, a tree for each name of a root. Memory is bounded, whatever the number of spans. */
export class NameTree {
  readonly #roots = new Map<string, NameNode>();
  #nodes = 0;
  /** Spans that have no frame of their own: they lie too deep, or there are too many names. */
  deepSpans = 0;
  otherSpans = 0;
  /** Spans of traces that were too long to be read as one. */
  cutSpans = 0;
  /** Spans without a row whose own time is not known: what they took is part of the frames above. */
  foldedSpans = 0;

  add({ spans, part }: StoredTrace): void {
    if (part > 0) this.cutSpans += spans.length;
    const pending = buildTrees(spans).map((node) => ({ node, frame: this.#childOf(undefined, frameName(node.span)) }));
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      next.frame.selfNanos += next.node.selfNanos;
      this.#addFolded(next.node.span, next.frame);
      for (const node of next.node.children) pending.push({ node, frame: this.#frameOf(node, next.frame) });
    }
  }

  /**
   * The own time of repeats is known. It belongs to their frame, and that of what was below them to frames below that.
   */
  #addFolded(span: StoredSpan, frame: NameNode): void {
    for (const { name, count, selfNanos } of foldedInto(span)) {
      if (selfNanos === undefined) this.foldedSpans += count;
      else if (name === span.name) frame.selfNanos += selfNanos;
      else this.#childOf(frame, name).selfNanos += selfNanos;
    }
  }

  /** The trees, the one that took most time first, and so on below. */
  roots(): NameNode[] {
    const all: NameNode[] = [...this.#roots.values()];
    for (const node of all) for (const child of node.children.values()) all.push(child);
    for (const node of all) node.totalNanos = node.selfNanos;
    for (const node of all.reverse()) {
      for (const child of node.children.values()) node.totalNanos += child.totalNanos;
    }
    return slowestFirst(this.#roots);
  }

  #frameOf({ span }: SpanNode, parent: NameNode): NameNode {
    if (parent.depth + 1 < MAX_DEPTH) return this.#childOf(parent, frameName(span));
    this.deepSpans += 1;
    return parent;
  }

  #childOf(parent: NameNode | undefined, name: string): NameNode {
    const siblings = parent?.children ?? this.#roots;
    const known = siblings.get(name);
    if (known !== undefined) return known;
    if (this.#nodes >= MAX_NODES) {
      this.otherSpans += 1;
      // A single frame, with none below it.
      if (parent?.name === OTHER_NAMES) return parent;
      return siblings.get(OTHER_NAMES) ?? this.#create(siblings, OTHER_NAMES, parent);
    }
    return this.#create(siblings, name, parent);
  }

  #create(siblings: Map<string, NameNode>, name: string, parent: NameNode | undefined): NameNode {
    this.#nodes += 1;
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const node = { name, depth, selfNanos: 0, totalNanos: 0, children: new Map() };
    siblings.set(name, node);
    return node;
  }
}

export function slowestFirst(nodes: ReadonlyMap<string, NameNode>): NameNode[] {
  return [...nodes.values()].sort((a, b) => b.totalNanos - a.totalNanos || (a.name < b.name ? -1 : 1));
}

/** Warns of spans that a flame graph does not show as they were. */
export function warnOfCuts(
  { deepSpans, otherSpans, cutSpans, foldedSpans }: NameTree,
  warn: (text: string) => void,
): void {
  if (deepSpans > 0) {
    warn(`${countOf(deepSpans, 'span')} below a depth of ${MAX_DEPTH} drawn as a part of the one above them.`);
  }
  if (otherSpans > 0) {
    warn(
      `${countOf(otherSpans, 'span')} drawn as "${OTHER_NAMES}": there are more than ${MAX_NODES} different stacks of names. ` +
        'Names made of data (ids, paths) belong into attributes.',
    );
  }
  if (cutSpans > 0) warn(`${countOf(cutSpans, 'span')} of very long traces drawn apart from their parents.`);
  warnOfFolded(foldedSpans, warn);
}

/** Spans without a row have no frame: attributes of another span count and sum them. */
export function warnOfFolded(spans: number, warn: (text: string) => void): void {
  if (spans > 0) warn(`${countOf(spans, 'folded span')} drawn as a part of the spans above.`);
}
