import type { StoredSpan } from '@ferretjs/core/reader';
import type { Terminal } from '../terminal.js';
import type { SpanNode } from '../trace-tree.js';
import { describeAttributes } from './attributes.js';
import { formatDuration } from './duration.js';
import { escapeControls } from './escape.js';
import { countOf } from './number.js';
import { type Column, renderTable } from './table.js';

/** How many spans of a tree are shown. */
const SHOWN_SPANS = 200;

/** Deeper spans are indented no further, and say how deep they are. */
const DRAWN_DEPTH = 24;

const COLUMNS: readonly Column[] = [
  { title: 'duration', align: 'right' },
  { title: 'self', align: 'right', expendable: 2 },
  { title: 'share', align: 'right', expendable: 1 },
  { title: 'span', align: 'left', isFlexible: true },
];

/** A line of the tree still to be drawn: a span, or how many of them are left out at this place. */
interface Branch {
  readonly content: SpanNode | number;
  readonly depth: number;
  /** The lines drawn left of the children of this one. */
  readonly indent: string;
  readonly isLast: boolean;
}

/** The tree under one root: durations, the time a span spent itself, and its share of the time of the root. */
export function renderTree(terminal: Terminal, root: SpanNode, shownSpans = SHOWN_SPANS): string {
  const shown = selectSlowest(root, shownSpans);
  const rows: string[][] = [];
  const pending: Branch[] = [{ content: root, depth: 0, indent: '', isLast: true }];
  for (let branch = pending.pop(); branch !== undefined; branch = pending.pop()) {
    rows.push(renderBranch(terminal, root, branch));
    if (typeof branch.content !== 'number') {
      pending.push(...branchesOf(branch, branch.content, shown).reverse());
    }
  }
  return renderTable(terminal, COLUMNS, rows);
}

/** The slowest spans that hang together with the root: a wide trace and a deep one are bounded alike. */
function selectSlowest(root: SpanNode, count: number): Set<SpanNode> {
  const shown = new Set<SpanNode>();
  const candidates = [root];
  while (candidates.length > 0 && shown.size < count) {
    const slowest = candidates.reduce(
      (best, candidate, index) =>
        candidate.span.durationNanos > (candidates[best]?.span.durationNanos ?? 0) ? index : best,
      0,
    );
    for (const node of candidates.splice(slowest, 1)) {
      shown.add(node);
      for (const child of node.children) {
        candidates.push(child);
      }
    }
  }
  return shown;
}

function branchesOf(parent: Branch, { children }: SpanNode, shown: ReadonlySet<SpanNode>): Branch[] {
  const drawn = children.filter((child) => shown.has(child));
  const leftOut = children.reduce((size, child) => size + (shown.has(child) ? 0 : child.size), 0);
  const contents = leftOut > 0 ? [...drawn, leftOut] : drawn;
  const depth = parent.depth + 1;
  const indent =
    depth === 1 || depth > DRAWN_DEPTH ? parent.indent : `${parent.indent}${parent.isLast ? '   ' : '│  '}`;
  return contents.map((content, index) => ({ content, depth, indent, isLast: index === contents.length - 1 }));
}

function renderBranch(terminal: Terminal, root: SpanNode, { content, depth, indent, isLast }: Branch): string[] {
  const { colors } = terminal;
  const fork = isLast ? '└─ ' : '├─ ';
  const guide = depth === 0 ? '' : colors.dim(`${indent}${fork}${depth > DRAWN_DEPTH ? `(depth ${depth}) ` : ''}`);
  if (typeof content === 'number') {
    return ['', '', '', `${guide}${colors.dim(`... ${countOf(content, 'more span')}, not shown`)}`];
  }
  return [
    formatDuration(content.span.durationNanos),
    formatDuration(content.selfNanos),
    formatShare(content.selfNanos, root.span.durationNanos),
    `${guide}${describeSpan(terminal, content, depth)}`,
  ];
}

function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (part / whole) * 100 : 0;
  return percent > 0 && percent < 1 ? '<1 %' : `${percent.toFixed(0)} %`;
}

function describeSpan(terminal: Terminal, { span, isOrphan }: SpanNode, depth: number): string {
  const { colors } = terminal;
  const words = [depth === 0 ? colors.bold(escapeControls(span.name)) : escapeControls(span.name)];
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
  const attributes = describeAttributes(span.attributes);
  if (attributes !== '') {
    words.push(colors.dim(attributes));
  }
  return words.join('  ');
}

function describeOutcome({ colors }: Terminal, { outcome, errorType }: StoredSpan): string {
  const text = errorType === undefined ? outcome : `${outcome}: ${escapeControls(errorType)}`;
  return outcome === 'error' ? colors.red(text) : colors.yellow(text);
}
