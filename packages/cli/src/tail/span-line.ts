import type { StoredSpan } from '@ferretjs/core/reader';
import stringWidth from 'string-width';
import { formatDuration } from '../format/duration.js';
import { escapeControls } from '../format/escape.js';
import { formatTime } from '../format/time.js';
import type { Terminal } from '../terminal.js';

const NAME_WIDTH = 40;

/** A span in one line: when it started, how long it took, its name, how it ended. */
export function renderSpanLine({ colors, width }: Pick<Terminal, 'colors' | 'width'>, span: StoredSpan): string {
  const time = formatMillis(span.startMicros);
  const duration = formatDuration(span.durationNanos).padStart(8);
  const status = span.httpStatusCode === undefined ? '' : String(span.httpStatusCode);
  const isBad = span.outcome !== 'ok';
  const end = isBad ? [status, span.outcome, span.errorType ?? ''].filter((part) => part !== '').join(' ') : status;
  const room = Math.max(width - time.length - duration.length - 4, 10);
  const ending = cut(escapeControls(end), Math.floor(room / 2));
  const space = ending === '' ? room : Math.max(room - stringWidth(ending) - 2, 8);
  const name = cut(escapeControls(span.name), space);
  const gap = ending === '' ? '' : ' '.repeat(Math.max(Math.min(NAME_WIDTH, space) - stringWidth(name), 0) + 2);
  const painted = isBad ? colors.red(ending) : colors.dim(ending);
  return `${colors.dim(time)}  ${duration}  ${name}${gap}${painted}`.trimEnd();
}

/** `14:03:22.123` after the date, which a terminal of 80 columns has no room for. */
function formatMillis(micros: number): string {
  const millis = String(Math.floor(micros / 1_000) % 1_000).padStart(3, '0');
  return `${formatTime(micros).slice(11)}.${millis}`;
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let taken = 1;
  for (const character of text) {
    taken += stringWidth(character);
    if (taken > width) break;
    kept += character;
  }
  return `${kept}…`;
}
