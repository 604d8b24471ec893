import type { Run, StoredSpan } from '@ferretjs/core/reader';
import { buildTrees } from '@ferretjs/queries';
import { countOf, escapeControls, formatCount, formatTime } from '@ferretjs/queries/words';
import { wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';
import { renderTree } from './render-tree.js';
import { planWaterfall } from './waterfall.js';

/** The most spans of a trace that are drawn. */
const READ_SPANS = 10_000;

/** The number of spans to read of a trace: a span more than are drawn shows that there are more. */
export const ENOUGH_SPANS = READ_SPANS + 1;

/** A trace as trees, a tree for each of its roots. */
export function renderTrace(
  terminal: Terminal,
  traceId: string,
  spans: readonly StoredSpan[],
  runs: readonly Run[],
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
  const style = {
    ...(hasWaterfall && { waterfall: planWaterfall(terminal, roots) }),
    ...(processes > 1 && { processes: nameProcesses(runs) }),
  };
  return [...lines, ...roots.map((root) => renderTree(terminal, root, style))].join('\n');
}

/** Where a span ran, by the key of its process: `shop, process 4711 on box`. */
function nameProcesses(runs: readonly Run[]): ReadonlyMap<string, string> {
  return new Map(
    runs.flatMap(({ service, processes }) =>
      processes.map(({ processKey, pid, threadId, hostname }) => [
        processKey,
        `${escapeControls(service)}, process ${pid}${threadId === 0 ? '' : `, thread ${threadId}`} on ${escapeControls(hostname)}`,
      ]),
    ),
  );
}
