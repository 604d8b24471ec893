import { openReader, type Reader, type Run, type StoredSpan } from '@ferretjs/core/reader';
import { describeLosses } from '@ferretjs/queries';
import { escapeControls } from '@ferretjs/queries/words';
import { type Fact, renderFacts } from '../format/facts.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';
import { findTrace, traceNotFound } from './find-trace.js';
import { ENOUGH_SPANS, renderTrace } from './render-trace.js';

/** `ferret trace`: one trace by its id, or by as much of it as no other trace has. */
export async function showTrace(terminal: Terminal, prefix: string, file: string): Promise<void> {
  const reader = await openReader(file, placeFor(terminal));
  try {
    const { traceId, spans, runs } = await whileWaiting(terminal, 'reading the trace', async () => {
      const traceId = await findTrace(terminal, reader, prefix, file);
      const spans = await reader.trace(traceId, ENOUGH_SPANS);
      return { traceId, spans, runs: await runsOf(reader, spans) };
    });
    if (spans.length === 0) throw traceNotFound(prefix, file);
    const trace = renderTrace(terminal, traceId, spans, runs, { hasWaterfall: true });
    terminal.print(`${renderFacts(terminal, describeRuns(terminal, runs))}\n\n${trace}`);
  } finally {
    await reader.close();
  }
}

/** The runs that have a part in a trace. */
export function runsOf(reader: Reader, spans: readonly StoredSpan[]): Promise<Run[]> {
  return Promise.all([...new Set(spans.map((span) => span.runId))].map((runId) => reader.run(runId)));
}

/** The runs of a trace, and their losses. The file does not say whether a lost span belonged to this trace. */
function describeRuns({ colors }: Terminal, runs: readonly Run[]): Fact[] {
  return runs.flatMap((run): Fact[] => [
    { label: 'run', text: `${escapeControls(run.runId)} (${escapeControls(run.service)})` },
    ...describeLosses(run.processes, run.ledger).map((text) => ({
      label: 'missing',
      text: `${text}; of this trace or another`,
      paint: colors.yellow,
    })),
  ]);
}
