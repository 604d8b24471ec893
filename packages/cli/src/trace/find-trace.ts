import { FerretError, type Reader } from '@ferretjs/core/reader';
import { formatTime } from '@ferretjs/queries/words';
import { shortName } from '../format/name.js';
import type { Terminal } from '../terminal.js';

const ID_LENGTH = 32;

/** The most traces that are listed where several ids begin alike. */
const LISTED_TRACES = 10;

/**
 * Finds the whole id of a trace by its beginning. Where several ids begin so, their traces are listed.
 * @throws FerretError `TRACE_NOT_FOUND`
 */
export async function findTrace(
  terminal: Pick<Terminal, 'complain'>,
  reader: Reader,
  prefix: string,
  file: string,
): Promise<string> {
  if (prefix.length === ID_LENGTH) return prefix;
  const ids = await reader.traceIds(prefix, LISTED_TRACES + 1);
  const [first] = ids;
  if (first === undefined) throw traceNotFound(prefix, file);
  if (ids.length === 1) return first;
  for (const traceId of ids.slice(0, LISTED_TRACES).sort()) {
    const [span] = await reader.trace(traceId, 1);
    terminal.complain(
      `${traceId}  ${span === undefined ? '' : `${formatTime(span.startMicros)}  ${shortName(span.name)}`}`,
    );
  }
  const count =
    ids.length > LISTED_TRACES
      ? `More than ${LISTED_TRACES} trace ids begin with ${prefix}; ${LISTED_TRACES} are listed.`
      : `${ids.length} trace ids begin with ${prefix}.`;
  throw new FerretError('TRACE_NOT_FOUND', `${count} Type more digits.`);
}

export function traceNotFound(prefix: string, where: string): FerretError {
  const what = prefix.length === ID_LENGTH ? `no trace ${prefix}` : `no trace whose id begins with ${prefix}`;
  return new FerretError('TRACE_NOT_FOUND', `${where} holds ${what}.`);
}
