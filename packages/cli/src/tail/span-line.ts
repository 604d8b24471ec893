import type { StoredSpan } from '@ferretjs/core/reader';
import { escapeControls, formatDuration, formatTime } from '@ferretjs/queries/words';
import { displayName } from '../format/name.js';
import { cut, widthOf } from '../format/width.js';
import type { Terminal } from '../terminal.js';

const NAME_WIDTH = 40;

/** Enough for `ferret trace` to find the trace, most of the time; if not, it lists those that begin so. */
const ID_LENGTH = 8;

/** A span in one line: when it started, the beginning of its trace id, how long it took, its name, how it ended. */
export function renderSpanLine({ colors, width }: Pick<Terminal, 'colors' | 'width'>, span: StoredSpan): string {
  const time = formatMillis(span.startMicros);
  const id = span.traceId.slice(0, ID_LENGTH);
  const duration = formatDuration(span.durationNanos).padStart(8);
  const status = span.httpStatusCode === undefined ? '' : String(span.httpStatusCode);
  const isBad = span.outcome !== 'ok';
  const end = isBad ? [status, span.outcome, span.errorType ?? ''].filter((part) => part !== '').join(' ') : status;
  const room = Math.max(width - time.length - id.length - duration.length - 6, 10);
  const ending = cut(escapeControls(end), Math.floor(room / 2));
  const space = ending === '' ? room : Math.max(room - widthOf(ending) - 2, 8);
  const name = cut(displayName(span.name), space);
  const gap = ending === '' ? '' : ' '.repeat(Math.max(Math.min(NAME_WIDTH, space) - widthOf(name), 0) + 2);
  const painted = isBad ? colors.red(ending) : colors.dim(ending);
  return `${colors.dim(time)}  ${colors.dim(id)}  ${duration}  ${name}${gap}${painted}`.trimEnd();
}

/** `14:03:22.123` after the date, which a terminal of 80 columns has no room for. */
function formatMillis(micros: number): string {
  const millis = String(Math.floor(micros / 1_000) % 1_000).padStart(3, '0');
  return `${formatTime(micros).slice(11)}.${millis}`;
}
