import { openReader } from '@ferretjs/core/reader';
import { type SlowestQuery, slowestTraces } from '@ferretjs/queries';
import { describeReport } from '../format/report.js';
import type { Terminal } from '../terminal.js';
import { ENOUGH_SPANS, renderTrace } from '../trace/render-trace.js';
import { runsOf } from '../trace/show-trace.js';
import { placeFor, whileWaiting } from '../waiting.js';
import { EMPTY } from './report.js';

export interface TreeOptions extends Omit<SlowestQuery, 'limit'> {
  /** The most traces that are shown. */
  readonly top: number;
}

/** `ferret analyze --tree`: the traces of the slowest roots. */
export async function showTrees(terminal: Terminal, file: string, { top, ...options }: TreeOptions): Promise<void> {
  const reader = await openReader(file, placeFor(terminal));
  try {
    const found = await whileWaiting(terminal, 'reading the spans', () =>
      slowestTraces(reader, { ...options, limit: top }),
    );
    terminal.print(describeReport(terminal, found));
    if (found.emptyReason !== null) terminal.print(`\n${EMPTY[found.emptyReason]}`);
    for (const traceId of found.traceIds) {
      const spans = await reader.trace(traceId, ENOUGH_SPANS);
      const runs = await runsOf(reader, spans);
      terminal.print(`\n${renderTrace(terminal, traceId, spans, runs, { hasWaterfall: false })}`);
    }
  } finally {
    await reader.close();
  }
}
