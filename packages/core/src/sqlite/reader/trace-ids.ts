import { TRACE_SEGMENT, tracePrefix } from '../file/schema.js';
import type { Connection } from './connection.js';
import { SEGMENTS } from './spans.js';

/**
 * A range of the index in each of its segments (see schema.ts). The number of the segment goes first in the index, so
 * this is one look a segment, and the reading ends with the last id that is asked for: a short prefix of many traces
 * costs no more than a long one of none.
 */
const SELECT_TRACE_IDS = `${SEGMENTS}
SELECT DISTINCT lower(hex(span.trace_id)) AS trace_id
FROM segment
CROSS JOIN span
  ON span.${TRACE_SEGMENT} = segment.number
  AND ${tracePrefix('span.trace_id')} BETWEEN ${tracePrefix('unhex(?1)')} AND ${tracePrefix('unhex(?2)')}
  AND span.trace_id BETWEEN unhex(?1) AND unhex(?2)
LIMIT ?3`;

const ID_LENGTH = 32;

/** Ids of traces that begin with some hex digits: at most `limit`, in no order. */
export async function readTraceIds(connection: Connection, prefix: string, limit: number): Promise<string[]> {
  const rows = await connection.all<{ trace_id: string }>(SELECT_TRACE_IDS, [
    prefix.padEnd(ID_LENGTH, '0'),
    prefix.padEnd(ID_LENGTH, 'f'),
    limit,
  ]);
  return rows.map((row) => row.trace_id);
}
