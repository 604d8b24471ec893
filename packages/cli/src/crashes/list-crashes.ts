import { type Crash, type InFlightSpan, openReader, type Reader, type WaitingSpill } from '@ferretjs/core/reader';
import { renderCrash } from '../format/crash.js';
import { escapeControls } from '../format/escape.js';
import { countOf } from '../format/number.js';
import { formatSize } from '../format/size.js';
import { formatIsoTime } from '../format/time.js';
import type { Terminal } from '../terminal.js';

export interface CrashesOptions {
  readonly run?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** How many crashes are told in words, and how many of the spans that one had in flight. */
const TOLD_CRASHES = 10;
const TOLD_SPANS = 50;

/** `ferret crashes`: which processes ended without being asked to, and in the middle of what. */
export async function listCrashes(terminal: Terminal, file: string, options: CrashesOptions): Promise<void> {
  const reader = await openReader(file);
  try {
    // Says which runs there are, where there is no such one.
    const runId = options.run === undefined ? undefined : (await reader.run(options.run)).runId;
    const spillFiles = await reader.spillFiles();
    if (options.json) {
      const crashes: object[] = [];
      const hasMore = await eachCrash(reader, runId, options.limit, undefined, (crash) =>
        crashes.push(crashToJson(crash)),
      );
      terminal.print(JSON.stringify({ crashes, hasMore, spillFiles }, null, 2));
      return;
    }
    let told = 0;
    let isWaiting = spillFiles.length > 0;
    const hasMore = await eachCrash(reader, runId, options.limit ?? TOLD_CRASHES, TOLD_SPANS, (crash) => {
      terminal.print(`${told === 0 ? '' : '\n'}${renderCrash(terminal, crash)}`);
      told += 1;
      isWaiting ||= !crash.isRecovered;
    });
    if (told === 0) terminal.print('No process has crashed.');
    if (hasMore) terminal.print(terminal.colors.dim('\n... and earlier ones: --limit shows more'));
    if (isWaiting) terminal.print(renderWaiting(terminal, spillFiles));
  } finally {
    await reader.close();
  }
}

/** Returns whether there are more than `limit`. */
async function eachCrash(
  reader: Reader,
  runId: string | undefined,
  limit = Number.POSITIVE_INFINITY,
  spanLimit: number | undefined,
  tell: (crash: Crash) => void,
): Promise<boolean> {
  let count = 0;
  const options = { ...(runId !== undefined && { runId }), ...(spanLimit !== undefined && { spanLimit }) };
  for await (const crash of reader.crashes(options)) {
    if (count === limit) return true;
    count += 1;
    tell(crash);
  }
  return false;
}

function renderWaiting({ colors }: Terminal, spillFiles: readonly WaitingSpill[]): string {
  const lines = [''];
  if (spillFiles.length > 0) {
    const bytes = spillFiles.reduce((sum, spill) => sum + spill.bytes, 0);
    lines.push(
      `${countOf(spillFiles.length, 'spill file')} beside the database (${formatSize(bytes)}), not in it yet:`,
    );
    lines.push(...spillFiles.map((spill) => `  ${escapeControls(spill.file)}`));
  }
  lines.push('"ferret recover", or the next start of the app, stores what is not in the file yet.');
  return lines.map((line) => (line === '' ? line : colors.yellow(line))).join('\n');
}

function crashToJson({ startedAtMicros, endedAtMicros, inFlight, ...crash }: Crash) {
  return {
    ...crash,
    startedAt: formatIsoTime(startedAtMicros),
    endedAt: formatIsoTime(endedAtMicros),
    inFlight: inFlight.map(spanToJson),
  };
}

function spanToJson(span: InFlightSpan) {
  const { traceId, spanId, parentId, parentName, name, kind, startMicros, durationNanos, attributes } = span;
  return {
    traceId,
    spanId,
    parentId: parentId ?? null,
    parentName: parentName ?? null,
    name,
    kind,
    startedAt: formatIsoTime(startMicros),
    openForNanos: durationNanos,
    attributes,
  };
}
