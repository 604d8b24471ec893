import { setMaxListeners } from 'node:events';
import type { StoredSpan } from '@ferretjs/core/reader';
import { interruptible } from '../export/interruption.js';
import { escapeControls } from '../format/escape.js';
import { OutputClosedError, type Terminal } from '../terminal.js';
import { follow } from './follow.js';
import { matchesFilter, type TailFilter } from './span-filter.js';
import { renderSpanLine } from './span-line.js';

export interface TailOptions extends TailFilter {
  /** How many spans that are there already are shown first. */
  readonly lines: number;
  readonly json?: boolean;
}

/** How far back matching spans are looked for. */
const BACKLOG = 10_000;
/** How long nobody may have noticed that the reader of a pipe is gone, while no span comes. */
const PIPE_LOOK_MILLIS = 500;

/** `ferret tail`: new spans as they come, until a signal or until nobody reads them. */
export function tail(terminal: Terminal, file: string, options: TailOptions): Promise<void> {
  return interruptible(async (signal) => {
    const closed = new AbortController();
    const either = AbortSignal.any([signal, closed.signal]);
    setMaxListeners(0, either);
    const look = setInterval(() => {
      if (terminal.isClosed()) closed.abort();
    }, PIPE_LOOK_MILLIS);
    const show = (spans: readonly StoredSpan[]) =>
      spans.length === 0
        ? undefined
        : terminal.write(spans.map((span) => `${lineOf(terminal, span, options)}\n`).join(''));
    const pages = follow(file, {
      backlog: options.lines === 0 ? 0 : BACKLOG,
      onNotice: (text) => terminal.complain(`ferret: ${escapeControls(text)}`),
      signal: either,
    });
    try {
      let held: StoredSpan[] = [];
      let toHold = options.lines === 0 ? 0 : BACKLOG;
      for await (const page of pages) {
        const spans = page.filter((span) => matchesFilter(span, options));
        // The last lines of what was there at the start; a page that is not full is the end of it.
        if (toHold > 0) {
          toHold = page.length < 1_000 ? 0 : toHold - page.length;
          held = [...held, ...spans].slice(-options.lines);
          if (toHold > 0) continue;
          await show(held);
          held = [];
        } else {
          await show(spans);
        }
      }
    } catch (error) {
      if (!(error instanceof OutputClosedError)) throw error;
    } finally {
      clearInterval(look);
    }
  });
}

function lineOf(terminal: Terminal, span: StoredSpan, { json }: TailOptions): string {
  return json === true ? JSON.stringify(span) : renderSpanLine(terminal, span);
}
