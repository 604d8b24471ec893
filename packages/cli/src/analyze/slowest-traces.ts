import { openReader, type Reader, type SpanFilter } from '@ferretjs/core/reader';
import { describeRun } from '../format/run.js';
import type { Terminal } from '../terminal.js';
import { ENOUGH_SPANS, renderTrace } from '../trace/render-trace.js';
import { boundsOf, type FiguresOptions } from './figures.js';

export interface TreeOptions extends Pick<FiguresOptions, 'since' | 'until' | 'where'> {
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
    const filter = { ...boundsOf(options), where: options.where ?? [] };
    const traceIds = await findSlowestTraces(reader, run.runId, options.top, filter);
    for (const traceId of traceIds) {
      const spans = await reader.trace(traceId, ENOUGH_SPANS);
      terminal.print(`\n${renderTrace(terminal, traceId, spans, { hasWaterfall: false })}`);
    }
    if (traceIds.length === 0) {
      terminal.print(
        run.ledger.stored === 0 ? '\nNo span has been stored.' : '\nNo trace begins with a span like that.',
      );
    }
  } finally {
    await reader.close();
  }
}

/** Several of the slowest roots may belong to one trace, so it may take more roots than traces. */
async function findSlowestTraces(reader: Reader, runId: string, count: number, filter: SpanFilter): Promise<string[]> {
  for (let limit = count; ; limit *= 2) {
    const roots = await reader.slowestRoots(runId, limit, filter);
    const traceIds = [...new Set(roots.map((root) => root.traceId))];
    if (traceIds.length >= count || roots.length < limit) {
      return traceIds.slice(0, count);
    }
  }
}
