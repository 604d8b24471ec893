import { criticalPath, type FoldedNode, foldSiblings, type SpanNode } from '@ferretjs/queries';
import { countOf, formatDuration } from '@ferretjs/queries/words';
import { type Column, flexibleWidthOf, renderTable } from '../format/table.js';
import { widthOf, wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';
import { describeFolded } from './describe-folded.js';
import { describeLine } from './describe-line.js';
import { describeLinksAndEvents } from './describe-links-and-events.js';
import { Guides } from './guides.js';
import { barsOf, renderBars, renderScale, type Waterfall } from './waterfall.js';

/** The most lines of a tree that are shown. */
const SHOWN_LINES = 200;

const CRITICAL = '*';

const SPAN_COLUMN: Column = { title: 'span', align: 'left', isFlexible: true };

const COLUMNS: readonly Column[] = [
  { title: 'duration', align: 'right' },
  { title: 'self', align: 'right', expendable: 2 },
  { title: 'share', align: 'right', expendable: 1 },
];

/** Without a terminal, so that bars do not stand a thousand columns to the right. */
const WIDEST_BESIDE_BARS = 160;

export interface TreeStyle {
  /** Lines that are drawn at most; 200 by default. */
  readonly shownLines?: number;
  /** Draws a bar beside each line. */
  readonly waterfall?: Waterfall;
  /** Names of processes by their keys. A line names the process wherever a span ran in another one than its parent. */
  readonly processes?: ReadonlyMap<string, string>;
}

/** A line of the tree still to be drawn: a span, or words that have a line of their own. */
interface Branch {
  readonly content: FoldedNode | string;
  readonly depth: number;
  /** Whether it is the last of its siblings, and whether the spans above it are, the topmost first. */
  readonly lasts: readonly boolean[];
}

/**
 * The tree under one root: durations, the time a span spent itself, and its share of the time of the root; repeated
 * siblings as one line, with their times added up.
 */
export function renderTree(terminal: Terminal, root: SpanNode, style: TreeStyle = {}): string {
  const folded = foldSiblings(root, criticalPath(root));
  const branches = toBranches(folded, style);
  const columns = columnsOf(terminal, branches.length === 1, style.waterfall);
  const render = (guides: Guides) => branches.map((branch) => renderBranch(terminal, root, branch, guides, style));
  // The first time as wide as it likes: how much room there is depends on the other columns.
  const room = flexibleWidthOf(terminal, columns, render(new Guides(terminal, Number.POSITIVE_INFINITY)));
  const guides = new Guides(terminal, room);
  return spreadWords(terminal, renderTable(terminal, columns, render(guides)), branches, guides);
}

/** The lines of a tree, from top to bottom. */
function toBranches(folded: FoldedNode, { shownLines = SHOWN_LINES, processes }: TreeStyle): Branch[] {
  const shown = selectSlowest(folded, shownLines);
  const branches: Branch[] = [];
  const pending: Branch[] = [{ content: folded, depth: 0, lasts: [] }];
  const processOf = (node: FoldedNode) => node.members[0].span.processKey;
  const nameOf = (node: FoldedNode) => processes?.get(processOf(node)) ?? `process ${node.members[0].span.pid}`;
  if (processes !== undefined) branches.push({ content: `[${nameOf(folded)}]`, depth: 0, lasts: [] });
  for (let branch = pending.pop(); branch !== undefined; branch = pending.pop()) {
    branches.push(branch);
    const { content, depth, lasts } = branch;
    if (typeof content === 'string') continue;
    const below: (FoldedNode | string)[] = describeLinksAndEvents(content);
    for (const child of content.children.filter((each) => shown.has(each))) {
      if (processes !== undefined && processOf(child) !== processOf(content)) below.push(`[${nameOf(child)}]`);
      below.push(child);
    }
    below.push(...describeFolded(content));
    const leftOut = content.children.reduce((size, child) => size + (shown.has(child) ? 0 : child.size), 0);
    if (leftOut > 0) below.push(`... ${countOf(leftOut, 'more span')}, not shown`);
    const next = below.map((each, index) => ({
      content: each,
      depth: depth + 1,
      lasts: [...lasts.slice(0, Guides.MOST_LEVELS), index === below.length - 1],
    }));
    pending.push(...next.reverse());
  }
  return branches;
}

/** The critical path is told by the bars, or by a mark at the beginning of a line. */
function columnsOf({ isUnicode }: Terminal, isAlone: boolean, waterfall: Waterfall | undefined): Column[] {
  const path = 'critical path: what the end waited for';
  const legend = (text: string) => (isAlone ? {} : { legend: text });
  if (waterfall === undefined) {
    return [{ title: '', align: 'left', ...legend(`${CRITICAL} ${path}`) }, ...COLUMNS, SPAN_COLUMN];
  }
  const [solid, light] = barsOf({ isUnicode });
  const bars = legend(`${solid} ${path}; ${light} what ran beside it`);
  return [
    ...COLUMNS,
    { ...SPAN_COLUMN, widest: WIDEST_BESIDE_BARS },
    { title: renderScale(waterfall), align: 'left', ...bars },
  ];
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

function renderBranch(
  terminal: Terminal,
  root: SpanNode,
  { content, depth, lasts }: Branch,
  guides: Guides,
  { waterfall }: TreeStyle,
): string[] {
  if (typeof content === 'string') return [];
  const cells = [
    formatDuration(content.totalNanos),
    formatDuration(content.selfNanos),
    formatShare(content.selfNanos, root.span.durationNanos),
    `${terminal.colors.dim(guides.of(depth, lasts))}${describeLine(terminal, content, depth)}`,
  ];
  return waterfall === undefined
    ? [content.isCritical ? CRITICAL : '', ...cells]
    : [...cells, renderBars(terminal, waterfall, content)];
}

/**
 * Words take the place of the whole row, so that no column cuts them: below the spans where they fit, from the left
 * where not.
 */
function spreadWords({ colors, width }: Terminal, table: string, branches: readonly Branch[], guides: Guides): string {
  const lines = table.split('\n');
  const [head = ''] = lines;
  const spanColumn = widthOf(head.slice(0, head.lastIndexOf('span')).replaceAll(ANSI, ''));
  const spread = branches.flatMap(({ content, depth, lasts }, index) => {
    if (typeof content !== 'string') return [lines[index + 1] ?? ''];
    const line = `${' '.repeat(spanColumn)}${guides.of(depth, lasts)}${content}`;
    return (widthOf(line) <= width ? [line] : wrap(content, width)).map((each) => colors.dim(each));
  });
  return [head, ...spread, ...lines.slice(branches.length + 1)].join('\n');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the heading.
const ANSI = /\u001b\[\d+m/g;

function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (part / whole) * 100 : 0;
  return percent > 0 && percent < 1 ? '<1 %' : `${percent.toFixed(0)} %`;
}
