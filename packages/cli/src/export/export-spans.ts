import { FerretError, openReader, type Reader, type Run, type SpanFilter } from '@ferretjs/core/reader';
import { escapeControls } from '../format/escape.js';
import { describeLosses } from '../format/ledger.js';
import { countOf } from '../format/number.js';
import { OutputClosedError, type Terminal } from '../terminal.js';
import { ExportFile } from './export-file.js';
import type { FormatName } from './format-names.js';
import { formatOf } from './formats.js';
import { interruptible } from './interruption.js';
import { limited } from './limit.js';
import { ExportProgress } from './progress.js';
import { keepHeapSmall } from './small-heap.js';
import { writePieces } from './write-pieces.js';

export interface ExportOptions {
  readonly format: FormatName;
  /** Standard output without one. */
  readonly output?: string;
  /** Replaces an existing file. */
  readonly force?: boolean;
  readonly run?: string;
  readonly trace?: string;
  /** Microseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** How many spans, or traces where the format goes by traces. */
  readonly limit?: number;
}

/** `ferret export`: the spans of a run in a format that other tools read. */
export function exportSpans(terminal: Terminal, file: string, options: ExportOptions): Promise<void> {
  keepHeapSmall();
  return interruptible(async (signal) => {
    const reader = await openReader(file);
    const progress = new ExportProgress(terminal, options.output);
    try {
      const runs = await findRuns(reader, file, options);
      const pieces = readPieces(terminal, reader, runs, options, progress);
      if (options.output === undefined) {
        await writePieces(pieces, (text) => terminal.write(text), signal);
      } else {
        await writeFile(options.output, file, options, pieces, signal);
      }
      progress.end();
      report(terminal, runs, options, progress.spans);
    } catch (error) {
      progress.end();
      if (!(error instanceof OutputClosedError)) {
        throw error;
      }
    } finally {
      await reader.close();
    }
  });
}

/** The run that was asked for; of a trace all its runs, as several services may write to one file. */
async function findRuns(reader: Reader, file: string, { run: runId, trace }: ExportOptions): Promise<Run[]> {
  if (trace === undefined) {
    return [await reader.run(runId)];
  }
  const runs = runId === undefined ? await reader.runs() : [await reader.run(runId)];
  for await (const { runId: first } of reader.spans(runId && runs[0]?.runId, { traceId: trace, pageSize: 1 })) {
    return runs.sort((a, b) => Number(b.runId === first) - Number(a.runId === first));
  }
  const where = runId === undefined ? file : `Run "${runId}" of ${file}`;
  throw new FerretError('TRACE_NOT_FOUND', `${where} holds no trace ${trace}.`);
}

function readPieces(
  terminal: Terminal,
  reader: Reader,
  runs: readonly Run[],
  options: ExportOptions,
  progress: ExportProgress,
): AsyncIterable<string> {
  const format = formatOf(options.format);
  const source = { runs, warn: (text: string) => terminal.complain(`ferret: ${text}`) };
  // A trace may be of several runs; of one that was asked for, the beginning of its id was enough.
  const runId = options.trace === undefined || options.run !== undefined ? runs[0]?.runId : undefined;
  const filter: SpanFilter = {
    ...(options.trace !== undefined && { traceId: options.trace }),
    ...(options.since !== undefined && { sinceMicros: options.since }),
    ...(options.until !== undefined && { untilMicros: options.until }),
  };
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (format.of === 'spans') {
    return format.write(
      progress.watch(limited(reader.spans(runId, filter), limit), () => 1),
      source,
    );
  }
  const traces = limited(reader.traces(runId, filter), limit, (trace) => trace.part === 0);
  return format.write(
    progress.watch(traces, (trace) => trace.spans.length),
    source,
  );
}

async function writeFile(
  path: string,
  source: string,
  { force = false }: ExportOptions,
  pieces: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const output = await ExportFile.create(path, force, source);
  // At once: the next look at the signal may come too late.
  signal.addEventListener('abort', () => output.discardSync());
  try {
    await writePieces(pieces, (text) => output.write(text), signal);
    await output.complete();
  } finally {
    await output.discard();
  }
}

/** What was written, and always what is missing: on standard error, as the data may be on the other. */
function report(terminal: Terminal, runs: readonly Run[], { output, trace }: ExportOptions, spans: number): void {
  if (output !== undefined) {
    terminal.complain(`${countOf(spans, 'span')} written to ${escapeControls(output)}`);
  } else if (spans === 0) {
    terminal.complain('ferret: no span to export.');
  }
  // Of a trace nobody knows whether what the run has lost belonged to it.
  for (const run of trace === undefined ? runs : []) {
    for (const line of describeLosses(run.processes, run.ledger)) {
      terminal.complain(`missing from run ${escapeControls(run.runId)}: ${line}`);
    }
  }
}
