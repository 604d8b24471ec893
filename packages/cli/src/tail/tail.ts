import type { StoredSpan } from '@ferretjs/core/reader';
import { matchesFilter, type TailFilter } from '@ferretjs/queries';
import { escapeControls } from '@ferretjs/queries/words';
import { interruptible } from '../export/interruption.js';
import { safeJson } from '../format/json.js';
import { OutputClosedError, type Terminal } from '../terminal.js';
import { follow, PAGE_SIZE } from './follow.js';
import { renderSpanLine } from './span-line.js';

export interface TailOptions extends TailFilter {
  /** The number of spans that are stored already to show first. */
  readonly lines: number;
  readonly json?: boolean;
}

/** The number of stored spans among which matching ones are looked for. */
const BACKLOG = 10_000;

/** `ferret tail`: new spans as they come, until a signal, or until nobody reads the next one. */
export function tail(terminal: Terminal, file: string, options: TailOptions): Promise<void> {
  return interruptible(async (signal) => {
    const backlog = options.lines === 0 ? 0 : BACKLOG;
    const onNotice = (text: string) => terminal.complain(`ferret: ${escapeControls(text)}`);
    try {
      for await (const spans of latestFirst(follow(file, { backlog, onNotice, signal }), backlog, options)) {
        if (spans.length === 0) continue;
        await terminal.write(spans.map((span) => `${lineOf(terminal, span, options)}\n`).join(''));
      }
    } catch (error) {
      if (!(error instanceof OutputClosedError)) throw error;
    }
  });
}

/** The last of what was there at the start, then all that comes. */
async function* latestFirst(
  pages: AsyncIterable<readonly StoredSpan[]>,
  backlog: number,
  options: TailOptions,
): AsyncGenerator<readonly StoredSpan[]> {
  let toRead = backlog;
  let held: StoredSpan[] = [];
  for await (const page of pages) {
    const spans = page.filter((span) => matchesFilter(span, options));
    if (toRead <= 0) {
      yield spans;
      continue;
    }
    held = [...held, ...spans].slice(-options.lines);
    // A page that is not full is the end of what was there.
    toRead = page.length < PAGE_SIZE ? 0 : toRead - page.length;
    if (toRead > 0) continue;
    yield held;
    held = [];
  }
}

function lineOf(terminal: Terminal, span: StoredSpan, { json }: TailOptions): string {
  return json === true ? safeJson(span) : renderSpanLine(terminal, span);
}
