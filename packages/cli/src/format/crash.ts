import type { Crash, InFlightSpan } from '@ferretjs/core/reader';
import type { Terminal } from '../terminal.js';
import { describeAttributes } from './attributes.js';
import { formatDuration } from './duration.js';
import { escapeControls } from './escape.js';
import { countOf, formatCount } from './number.js';
import { type Column, renderTable } from './table.js';
import { formatTime } from './time.js';

const COLUMNS: readonly Column[] = [
  { title: 'open for', align: 'right' },
  { title: 'span', align: 'left', isFlexible: true },
];

/** Deeper spans are indented no further. */
const DRAWN_DEPTH = 24;

/** A process that crashed, and under it what it had in flight, a span below its parent. */
export function renderCrash(terminal: Terminal, crash: Crash): string {
  const { colors } = terminal;
  const { pid, threadName, endedAtMicros, startedAtMicros, inFlightCount, inFlight } = crash;
  const thread = threadName === 'main' ? '' : `, thread ${escapeControls(threadName)}`;
  const lines = [
    `${colors.bold(`process ${pid}`)}${thread} on ${escapeControls(crash.hostname)}, ` +
      `${escapeControls(crash.service)}, run ${escapeControls(crash.runId)}`,
    `${colors.red(describeEnd(crash))} ${formatTime(endedAtMicros)}, ` +
      `after ${formatDuration(Math.max(endedAtMicros - startedAtMicros, 0) * 1_000)}`,
  ];
  if (inFlightCount === 0) {
    lines.push(`nothing in flight${crash.reason === 'crashed' ? ' that is known of' : ''}`);
    return lines.join('\n');
  }
  lines.push(`${countOf(inFlightCount, 'span')} in flight${crash.isRecovered ? '' : ', not stored yet'}`);
  lines.push(renderTable(terminal, COLUMNS, toRows(terminal, inFlight)));
  if (inFlightCount > inFlight.length) {
    lines.push(colors.dim(`... and ${formatCount(inFlightCount - inFlight.length)} more, that were started later`));
  }
  return lines.join('\n');
}

function describeEnd({ reason, mayBeIdle }: Crash): string {
  if (reason === 'uncaughtException') return 'ended by an exception that nobody caught,';
  return mayBeIdle ? 'killed without a word, or idle on another host: last seen' : 'killed without a word, last seen';
}

interface Node {
  readonly span: InFlightSpan;
  readonly children: Node[];
  depth: number;
  indent: string;
  isLast: boolean;
}

/** Nothing here trusts the file: a span that is its own ancestor is shown at the top. */
function toRows(terminal: Terminal, spans: readonly InFlightSpan[]): string[][] {
  const nodes = spans.map<Node>((span) => ({ span, children: [], depth: 0, indent: '', isLast: true }));
  const byId = new Map(nodes.map((node) => [node.span.spanId, node]));
  const tops: Node[] = [];
  for (const node of nodes) (byId.get(node.span.parentId ?? '')?.children ?? tops).push(node);
  const rows: string[][] = [];
  const drawn = new Set<Node>();
  const draw = (top: Node) => {
    const pending = [top];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (drawn.has(node)) continue;
      drawn.add(node);
      rows.push([formatDuration(node.span.durationNanos), describeNode(terminal, node, byId)]);
      pending.push(...place(node).reverse());
    }
  };
  for (const top of [...tops, ...nodes]) draw(top);
  return rows;
}

/** Gives the children of a span their places in the tree. */
function place({ children, depth, indent, isLast }: Node): Node[] {
  for (const [index, child] of children.entries()) {
    child.depth = depth + 1;
    child.indent = depth === 0 || depth >= DRAWN_DEPTH ? indent : `${indent}${isLast ? '   ' : '│  '}`;
    child.isLast = index === children.length - 1;
  }
  return [...children];
}

function describeNode({ colors }: Terminal, node: Node, inFlight: ReadonlyMap<string, Node>): string {
  const { name, parentId, parentName, attributes, isLocalRoot } = node.span;
  const guide = node.depth === 0 ? '' : colors.dim(`${node.indent}${node.isLast ? '└─ ' : '├─ '}`);
  const words = [escapeControls(name)];
  if (parentName !== undefined && !inFlight.has(parentId ?? '')) {
    words.push(colors.dim(`(under ${escapeControls(parentName)})`));
  } else if (parentId !== undefined && isLocalRoot && node.depth === 0) {
    words.push(colors.dim('(called from another service)'));
  }
  const exception = describeException(attributes);
  if (exception !== '') words.push(colors.red(exception));
  const { 'exception.message': _, ...others } = attributes;
  const told = describeAttributes(others);
  if (told !== '') words.push(colors.dim(told));
  return `${guide}${words.join('  ')}`;
}

const SHOWN_MESSAGE = 120;

function describeException(attributes: Readonly<Record<string, unknown>>): string {
  const { 'exception.type': type, 'exception.message': message } = attributes;
  const [line = ''] = String(message ?? '').split('\n');
  const words = [type, line].filter((word) => typeof word === 'string' && word !== '').join(': ');
  return escapeControls(words.length > SHOWN_MESSAGE ? `${words.slice(0, SHOWN_MESSAGE)}…` : words);
}
