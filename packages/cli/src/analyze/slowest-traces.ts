import { openReader, type Reader, type StoredSpan } from '@ferretjs/core/reader';
import { countOf, formatCount } from '../format/number.js';
import { describeRun } from '../format/run.js';
import { formatTime } from '../format/time.js';
import { renderTree } from '../format/tree.js';
import type { Terminal } from '../terminal.js';
import { buildTrees } from '../trace-tree.js';

/** How many spans of a trace are read. */
const READ_SPANS = 10_000;

export interface TreeOptions {
  readonly run?: string;
  /** How many traces are shown. */
  readonly top: number;
}

/** `ferret analyze --tree`: the traces of the slowest roots. */
export async function showTrees(terminal: Terminal, file: string, options: TreeOptions): Promise<void> {
  const reader = await openReader(file);
  try {
    const run = await reader.run(options.run);
    terminal.print(describeRun(terminal, run, []));
    const traceIds = await findSlowestTraces(reader, run.runId, options.top);
    for (const traceId of traceIds) {
      terminal.print(renderTrace(terminal, traceId, await reader.trace(traceId, READ_SPANS + 1)));
    }
    if (traceIds.length === 0) {
      terminal.print('\nNo span has been stored.');
    }
  } finally {
    await reader.close();
  }
}

/** Several of the slowest roots may belong to one trace, so it may take more roots than traces. */
async function findSlowestTraces(reader: Reader, runId: string, count: number): Promise<string[]> {
  for (let limit = count; ; limit *= 2) {
    const roots = await reader.slowestRoots(runId, limit);
    const traceIds = [...new Set(roots.map((root) => root.traceId))];
    if (traceIds.length >= count || roots.length < limit) {
      return traceIds.slice(0, count);
    }
  }
}

function renderTrace(terminal: Terminal, traceId: string, spans: readonly StoredSpan[]): string {
  const { colors } = terminal;
  const read = spans.slice(0, READ_SPANS);
  const processes = new Set(read.map((span) => span.processKey)).size;
  const started = read.map((span) => formatTime(span.startMicros)).slice(0, 1);
  const facts = [countOf(read.length, 'span'), ...started];
  if (processes > 1) {
    facts.push(countOf(processes, 'process', 'processes'));
  }
  const lines = ['', `${colors.dim('trace')} ${colors.bold(traceId)}  ${facts.join(', ')}`];
  if (spans.length > read.length) {
    lines.push(
      colors.yellow(`only the first ${formatCount(READ_SPANS)} spans of this trace; self times leave the rest out`),
    );
  }
  for (const root of buildTrees(read)) {
    lines.push(renderTree(terminal, root));
  }
  return lines.join('\n');
}
