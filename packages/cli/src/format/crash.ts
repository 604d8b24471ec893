import type { CrashSummary, SpanInFlight } from '@ferretjs/queries';
import { countOf, escapeControls, formatCount, formatDuration, formatTime } from '@ferretjs/queries/words';
import type { Terminal } from '../terminal.js';
import { describeAttributes } from './attributes.js';
import { displayName } from './name.js';
import { type Column, renderTable } from './table.js';
import { wrap } from './width.js';

const COLUMNS: readonly Column[] = [
  { title: 'open for', align: 'right' },
  { title: 'span', align: 'left', isFlexible: true },
];

/** Deeper spans are indented no further. */
const DRAWN_DEPTH = 24;

/** A process that crashed, and under it what it had in flight, a span below its parent. */
export function renderCrash(terminal: Terminal, crash: CrashSummary): string {
  const { colors, width } = terminal;
  const { pid, threadName, inFlightCount, inFlight } = crash;
  const thread = threadName === 'main' ? '' : `, thread ${escapeControls(threadName)}`;
  const [heading = '', ...more] = wrap(
    `process ${pid}${thread} on ${escapeControls(crash.hostname)}, ` +
      `${escapeControls(crash.service)}, run ${escapeControls(crash.runId)}`,
    width,
  );
  const end = describeEnd(crash);
  const lines = [
    heading.replace(`process ${pid}`, colors.bold(`process ${pid}`)),
    ...more,
    ...wrap(`${end} ${formatTime(crash.endedAt)}, after ${formatDuration(crash.durationNanos)}`, width).map((line) =>
      end.startsWith(line) ? colors.red(line) : line.replace(end, colors.red(end)),
    ),
  ];
  if (inFlightCount === 0) {
    lines.push(crash.reason === 'crashed' ? 'no open spans known' : 'no open spans');
    return lines.join('\n');
  }
  lines.push(`${countOf(inFlightCount, 'span')} in flight${crash.isRecovered ? '' : ', not stored yet'}`);
  lines.push(renderTable(terminal, COLUMNS, toRows(terminal, inFlight)));
  if (inFlightCount > inFlight.length) {
    lines.push(colors.dim(`... and ${formatCount(inFlightCount - inFlight.length)} more, that were started later`));
  }
  return lines.join('\n');
}

function describeEnd({ reason, mayBeIdle }: CrashSummary): string {
  if (reason === 'uncaughtException') return 'ended by an exception that nobody caught,';
  return mayBeIdle ? 'killed without a word, or idle on another host: last seen' : 'killed without a word, last seen';
}

interface Node {
  readonly span: SpanInFlight;
  readonly children: Node[];
  depth: number;
  indent: string;
  isLast: boolean;
}

/** A file may say anything: a span that is its own ancestor is shown at the top. */
function toRows(terminal: Terminal, spans: readonly SpanInFlight[]): string[][] {
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
      rows.push([formatDuration(node.span.openForNanos), describeNode(terminal, node, byId)]);
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
  const words = [displayName(name)];
  if (parentName !== null && !inFlight.has(parentId ?? '')) {
    words.push(colors.dim(`(under ${escapeControls(parentName)})`));
  } else if (parentId !== null && isLocalRoot && node.depth === 0) {
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
