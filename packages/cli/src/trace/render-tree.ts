import { formatDuration } from '../format/duration.js';
import { countOf } from '../format/number.js';
import { type Column, renderTable } from '../format/table.js';
import type { Terminal } from '../terminal.js';
import { criticalPath } from './critical-path.js';
import { describeLine } from './describe-line.js';
import { type FoldedNode, foldSiblings } from './fold-siblings.js';
import type { SpanNode } from './trace-tree.js';
import { barsOf, renderBars, renderScale, type Waterfall } from './waterfall.js';

/** How many lines of a tree are shown. */
const SHOWN_LINES = 200;

/** Deeper spans are indented no further, and say how deep they are. */
const DRAWN_DEPTH = 24;

const CRITICAL = '*';

const COLUMNS: readonly Column[] = [
  { title: 'duration', align: 'right' },
  { title: 'self', align: 'right', expendable: 2 },
  { title: 'share', align: 'right', expendable: 1 },
  { title: 'span', align: 'left', isFlexible: true },
];

export interface TreeStyle {
  /** Lines that are drawn at most; 200 by default. */
  readonly shownLines?: number;
  /** Draws a bar beside each line. */
  readonly waterfall?: Waterfall;
}

/** A line of the tree still to be drawn: a span, or how many of them are left out at this place. */
interface Branch {
  readonly content: FoldedNode | number;
  readonly depth: number;
  /** The lines drawn left of the children of this one. */
  readonly indent: string;
  readonly isLast: boolean;
}

/**
 * The tree under one root: durations, the time a span spent itself, and its share of the time of the root; repeated siblings as
 * one line, with their times added up.
 */
export function renderTree(
  terminal: Terminal,
  root: SpanNode,
  { shownLines = SHOWN_LINES, waterfall }: TreeStyle = {},
): string {
  const folded = foldSiblings(root, criticalPath(root));
  const shown = selectSlowest(folded, shownLines);
  const rows: string[][] = [];
  const pending: Branch[] = [{ content: folded, depth: 0, indent: '', isLast: true }];
  for (let branch = pending.pop(); branch !== undefined; branch = pending.pop()) {
    rows.push(renderBranch(terminal, root, branch, waterfall));
    if (typeof branch.content !== 'number') {
      pending.push(...branchesOf(terminal, branch, branch.content, shown).reverse());
    }
  }
  return renderTable(terminal, columnsOf(terminal, rows.length === 1, waterfall), rows);
}

/** The critical path is told by the bars, or by a mark at the beginning of a line. */
function columnsOf({ isUnicode }: Terminal, isAlone: boolean, waterfall: Waterfall | undefined): Column[] {
  const path = 'critical path: what the end waited for';
  const legend = (text: string) => (isAlone ? {} : { legend: text });
  if (waterfall === undefined) {
    return [{ title: '', align: 'left', ...legend(`${CRITICAL} ${path}`) }, ...COLUMNS];
  }
  const [solid, light] = barsOf({ isUnicode });
  const bars = legend(`${solid} ${path}; ${light} what ran beside it`);
  return [...COLUMNS, { title: renderScale(waterfall), align: 'left', ...bars }];
}

/** The slowest spans that hang together with the root: a wide trace and a deep one are bounded alike. */
function selectSlowest(root: FoldedNode, count: number): Set<FoldedNode> {
  const shown = new Set<FoldedNode>();
  const candidates = [root];
  while (candidates.length > 0 && shown.size < count) {
    const slowest = candidates.reduce(
      (best, candidate, index) => (candidate.totalNanos > (candidates[best]?.totalNanos ?? 0) ? index : best),
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

function branchesOf(
  { isUnicode }: Terminal,
  parent: Branch,
  { children }: FoldedNode,
  shown: ReadonlySet<FoldedNode>,
): Branch[] {
  const drawn = children.filter((child) => shown.has(child));
  const leftOut = children.reduce((size, child) => size + (shown.has(child) ? 0 : child.size), 0);
  const contents = leftOut > 0 ? [...drawn, leftOut] : drawn;
  const depth = parent.depth + 1;
  const line = isUnicode ? '│  ' : '|  ';
  const indent = depth === 1 || depth > DRAWN_DEPTH ? parent.indent : `${parent.indent}${parent.isLast ? '   ' : line}`;
  return contents.map((content, index) => ({ content, depth, indent, isLast: index === contents.length - 1 }));
}

function renderBranch(terminal: Terminal, root: SpanNode, branch: Branch, waterfall: Waterfall | undefined): string[] {
  const { content, depth } = branch;
  const { colors } = terminal;
  const guide = depth === 0 ? '' : colors.dim(renderGuide(terminal, branch));
  if (typeof content === 'number') {
    const rest = `${guide}${colors.dim(`... ${countOf(content, 'more span')}, not shown`)}`;
    return [...(waterfall === undefined ? [''] : []), '', '', '', rest];
  }
  const cells = [
    formatDuration(content.totalNanos),
    formatDuration(content.selfNanos),
    formatShare(content.selfNanos, root.span.durationNanos),
    `${guide}${describeLine(terminal, content, depth)}`,
  ];
  return waterfall === undefined
    ? [content.isCritical ? CRITICAL : '', ...cells]
    : [...cells, renderBars(terminal, waterfall, content)];
}

function renderGuide({ isUnicode }: Terminal, { indent, isLast, depth }: Branch): string {
  const [last, other] = isUnicode ? ['└─ ', '├─ '] : ['`- ', '|- '];
  return `${indent}${isLast ? last : other}${depth > DRAWN_DEPTH ? `(depth ${depth}) ` : ''}`;
}

function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (part / whole) * 100 : 0;
  return percent > 0 && percent < 1 ? '<1 %' : `${percent.toFixed(0)} %`;
}
