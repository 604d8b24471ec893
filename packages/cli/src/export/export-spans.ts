import { openReader, type Reader, type Run, type SpanFilter } from '@ferretjs/core/reader';
import { describeLosses, findScope } from '@ferretjs/queries';
import { countOf, escapeControls } from '@ferretjs/queries/words';
import { OutputClosedError, type Terminal } from '../terminal.js';
import { findTrace, traceNotFound } from '../trace/find-trace.js';
import { placeFor } from '../waiting.js';
import { ExportFile } from './export-file.js';
import type { FormatName } from './format-names.js';
import { formatOf } from './formats.js';
import { interruptible } from './interruption.js';
import { limited } from './limit.js';
import { ExportProgress } from './progress.js';
import { writePieces } from './write-pieces.js';

export interface ExportOptions {
  readonly format: FormatName;
  /** Standard output without one. */
  readonly output?: string;
  /** Replaces an existing file. */
  readonly force?: boolean;
  readonly run?: string;
  /** The id of a trace, or the beginning of it. */
  readonly trace?: string;
  /** Microseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** The most spans to write, or traces where the format goes by traces. */
  readonly limit?: number;
}

/** `ferret export`: the spans of a run in a format that other tools read. */
export function exportSpans(terminal: Terminal, file: string, asked: ExportOptions): Promise<void> {
  return interruptible(async (signal) => {
    const reader = await openReader(file, placeFor(terminal));
    const progress = new ExportProgress(terminal, asked.output);
    try {
      const trace = asked.trace === undefined ? {} : { trace: await findTrace(terminal, reader, asked.trace, file) };
      const options = { ...asked, ...trace };
      const runs = await findRuns(reader, file, options);
      const pieces = readPieces(terminal, reader, runs, options, progress);
      if (options.output === undefined) {
        await writePieces(pieces, (text) => terminal.writeData(text), signal);
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
    const scope = await findScope(reader, runId);
    return scope.runId === undefined ? reader.runs() : [scope.run];
  }
  const scope = runId === undefined ? undefined : await findScope(reader, runId);
  const runs = scope?.runId === undefined ? await reader.runs() : [scope.run];
  for await (const { runId: first } of reader.spans(scope?.runId, { traceId: trace, pageSize: 1 })) {
    return runs.sort((a, b) => Number(b.runId === first) - Number(a.runId === first));
  }
  throw traceNotFound(trace, scope?.runId === undefined ? file : `Run "${scope.runId}" of ${file}`);
}

function readPieces(
  terminal: Terminal,
  reader: Reader,
  runs: readonly Run[],
  options: ExportOptions,
  progress: ExportProgress,
): AsyncIterable<string> {
  const format = formatOf(options.format);
  const source = {
    runs,
    isOneTrace: options.trace !== undefined,
    warn: (text: string) => terminal.complain(`ferret: ${text}`),
  };
  // A trace may be of several runs.
  const runId = runs.length === 1 ? runs[0]?.runId : undefined;
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

/** Says what was written and what is missing, on standard error: the data may be on standard output. */
function report(terminal: Terminal, runs: readonly Run[], { output, trace }: ExportOptions, spans: number): void {
  if (output !== undefined) {
    terminal.complain(`${countOf(spans, 'span')} written to ${escapeControls(output)}`);
  } else if (spans === 0) {
    terminal.complain('ferret: no span to export.');
  }
  // The file does not say whether a lost span belonged to this trace.
  for (const run of trace === undefined ? runs : []) {
    for (const line of describeLosses(run.processes, run.ledger)) {
      terminal.complain(`missing from run ${escapeControls(run.runId)}: ${line}`);
    }
  }
}
