import { FerretError, openReader, type Reader, type StoredSpan } from '@ferretjs/core/reader';
import { escapeControls } from '../format/escape.js';
import { type Fact, renderFacts } from '../format/facts.js';
import { describeLosses } from '../format/ledger.js';
import { formatTime } from '../format/time.js';
import type { Terminal } from '../terminal.js';
import { ENOUGH_SPANS, renderTrace } from './render-trace.js';

const ID_LENGTH = 32;

/** How many traces are named that a beginning may mean. */
const LISTED_TRACES = 10;

/** `ferret trace`: one trace by its id, or by as much of it as no other trace has. */
export async function showTrace(terminal: Terminal, prefix: string, file: string): Promise<void> {
  const reader = await openReader(file);
  try {
    const traceId = await findTrace(terminal, reader, prefix, file);
    const spans = await reader.trace(traceId, ENOUGH_SPANS);
    if (spans.length === 0) {
      throw notFound(prefix, file);
    }
    const trace = renderTrace(terminal, traceId, spans, { hasWaterfall: true });
    terminal.print(`${renderFacts(terminal, await describeRuns(terminal, reader, spans))}\n\n${trace}`);
  } finally {
    await reader.close();
  }
}

async function findTrace(terminal: Terminal, reader: Reader, prefix: string, file: string): Promise<string> {
  if (prefix.length === ID_LENGTH) {
    return prefix;
  }
  const ids = await reader.traceIds(prefix, LISTED_TRACES + 1);
  const [first] = ids;
  if (first === undefined) {
    throw notFound(prefix, file);
  }
  if (ids.length > 1) {
    for (const traceId of ids.slice(0, LISTED_TRACES).sort()) {
      const [span] = await reader.trace(traceId, 1);
      terminal.complain(
        `${traceId}  ${span === undefined ? '' : `${formatTime(span.startMicros)}  ${escapeControls(span.name)}`}`,
      );
    }
    const count =
      ids.length > LISTED_TRACES
        ? `more than ${LISTED_TRACES} traces, of which some are listed`
        : `${ids.length} traces`;
    throw new FerretError('TRACE_NOT_FOUND', `${prefix} begins the ids of ${count}. Give more of one.`);
  }
  return first;
}

function notFound(prefix: string, file: string): FerretError {
  const what = prefix.length === ID_LENGTH ? `no trace ${prefix}` : `no trace whose id begins with ${prefix}`;
  return new FerretError('TRACE_NOT_FOUND', `${file} holds ${what}.`);
}

/** The runs that have a part in a trace. Nobody knows whether what they have lost belonged to it. */
async function describeRuns({ colors }: Terminal, reader: Reader, spans: readonly StoredSpan[]): Promise<Fact[]> {
  const runIds = [...new Set(spans.map((span) => span.runId))];
  const runs = await Promise.all(runIds.map((runId) => reader.run(runId)));
  return runs.flatMap((run): Fact[] => [
    { label: 'run', text: `${escapeControls(run.runId)} (${escapeControls(run.service)})` },
    ...describeLosses(run.processes, run.ledger).map((text) => ({
      label: 'missing',
      text: `${text}; of this trace or another`,
      paint: colors.yellow,
    })),
  ]);
}
