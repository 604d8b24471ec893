import { openReader, type WaitingSpill } from '@ferretjs/core/reader';
import { type CrashesQuery, listCrashes as readCrashes } from '@ferretjs/queries';
import { countOf, escapeControls, formatSize } from '@ferretjs/queries/words';
import { renderCrash } from '../format/crash.js';
import { safeJson } from '../format/json.js';
import { wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';

export interface CrashesOptions extends Omit<CrashesQuery, 'spanLimit'> {
  readonly json?: boolean;
}

/** The most crashes that are told in words, and the most spans in flight of each. */
const TOLD_CRASHES = 10;
const TOLD_SPANS = 50;

/** `ferret crashes`: which processes ended without being asked to, and the spans they had in flight. */
export async function listCrashes(terminal: Terminal, file: string, options: CrashesOptions): Promise<void> {
  const reader = await openReader(file, placeFor(terminal));
  try {
    const query = options.json ? options : { limit: TOLD_CRASHES, spanLimit: TOLD_SPANS, ...options };
    const list = await whileWaiting(terminal, 'reading the crashes', () => readCrashes(reader, query));
    if (options.json) {
      terminal.print(safeJson(list, 2));
      return;
    }
    const { crashes, hasMore, spillFiles } = list;
    terminal.print(
      crashes.length === 0
        ? 'No process has crashed.'
        : crashes.map((crash) => renderCrash(terminal, crash)).join('\n\n'),
    );
    if (hasMore) terminal.print(terminal.colors.dim('\n... and earlier ones: --limit shows more'));
    if (spillFiles.length > 0 || crashes.some(({ isRecovered }) => !isRecovered)) {
      terminal.print(renderWaiting(terminal, spillFiles));
    }
  } finally {
    await reader.close();
  }
}

function renderWaiting({ colors, width }: Terminal, spillFiles: readonly WaitingSpill[]): string {
  const lines = [''];
  if (spillFiles.length > 0) {
    const bytes = spillFiles.reduce((sum, spill) => sum + spill.bytes, 0);
    lines.push(
      `${countOf(spillFiles.length, 'spill file')} beside the database (${formatSize(bytes)}), not in it yet:`,
    );
    lines.push(...spillFiles.map((spill) => `  ${escapeControls(spill.file)}`));
  }
  lines.push('"ferret recover", or the next start of the app, stores what is not in the file yet.');
  return lines
    .flatMap((line) =>
      line.startsWith('  ') ? wrap(line.trim(), width - 2).map((part) => `  ${part}`) : wrap(line, width),
    )
    .map((line) => (line === '' ? line : colors.yellow(line)))
    .join('\n');
}
