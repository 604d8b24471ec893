import type { StoredSpan } from '@ferretjs/core/reader';
import { countOf, formatCount } from '../format/number.js';
import { formatTime } from '../format/time.js';
import { wrap } from '../format/wrap.js';
import type { Terminal } from '../terminal.js';
import { renderTree } from './render-tree.js';
import { buildTrees } from './trace-tree.js';
import { planWaterfall } from './waterfall.js';

/** How many spans of a trace are read. */
const READ_SPANS = 10_000;

/** How many spans of a trace to read, so that it can be told whether there are more. */
export const ENOUGH_SPANS = READ_SPANS + 1;

/** A trace as trees, a tree for each of its roots. */
export function renderTrace(
  terminal: Terminal,
  traceId: string,
  spans: readonly StoredSpan[],
  { hasWaterfall }: { readonly hasWaterfall: boolean },
): string {
  const { colors, width } = terminal;
  const read = spans.slice(0, READ_SPANS);
  const processes = new Set(read.map((span) => span.processKey)).size;
  const started = read.map((span) => formatTime(span.startMicros)).slice(0, 1);
  const facts = [countOf(read.length, 'span'), ...started];
  if (processes > 1) {
    facts.push(countOf(processes, 'process', 'processes'));
  }
  const lines = wrap(`trace ${traceId}  ${facts.join(', ')}`, width);
  lines[0] = lines[0]!.replace(`trace ${traceId}`, `${colors.dim('trace')} ${colors.bold(traceId)}`);
  if (spans.length > read.length) {
    const cut = `only the first ${formatCount(READ_SPANS)} spans of this trace; self times leave the rest out`;
    lines.push(...wrap(cut, width).map((line) => colors.yellow(line)));
  }
  const roots = buildTrees(read);
  const style = hasWaterfall ? { waterfall: planWaterfall(terminal, roots) } : {};
  return [...lines, ...roots.map((root) => renderTree(terminal, root, style))].join('\n');
}
