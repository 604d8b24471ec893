import type { Connection } from './connection.js';

/** Growth of the file up to the newest span. */
export interface Growth {
  /** About as many, by their ids. */
  readonly spans: number;
  readonly bytesPerSpan: number;
  /** When the first and the last stored spans ended, in microseconds since the epoch. */
  readonly oldestMicros: number;
  readonly newestMicros: number;
  /** Spans that ended in the last hour and in the last day before `newestMicros`. */
  readonly lastHour: number;
  readonly lastDay: number;
}

const HOUR_MICROS = 3_600_000_000;

/**
 * A time is the median of a row and as many on either side: spans of a dead process are stored long after they ended.
 */
const NEIGHBOURS = 4;

/**
 * When spans ended that were stored together. Spans are stored as they end, so ends are about in the order of ids.
 * Starts are not: a stream that was open for a day is stored last.
 */
const SELECT_ENDS = 'SELECT start_us + duration_ns / 1000 AS end_us FROM span WHERE id BETWEEN ?1 AND ?2';

/** Finds the growth of a file in some dozens of looks at single rows. */
export async function readGrowth(connection: Connection, usedBytes: number): Promise<Growth | undefined> {
  const [ids] = await connection.all<{ first: number | null; last: number | null }>(
    'SELECT (SELECT min(id) FROM span) AS first, (SELECT max(id) FROM span) AS last',
  );
  if (typeof ids?.first !== 'number' || typeof ids.last !== 'number') return undefined;
  const { first, last } = ids;
  const endsBetween = async (from: number, to: number): Promise<number[]> =>
    (await connection.all<{ end_us: number }>(SELECT_ENDS, [from, to])).map(({ end_us: end }) => end);
  const endAround = async (id: number): Promise<number> => {
    const reach = Math.min(NEIGHBOURS, id - first, last - id);
    return medianOf(await endsBetween(id - reach, id + reach));
  };
  const oldestMicros = Math.min(...(await endsBetween(first, first + NEIGHBOURS)));
  const newestMicros = Math.max(...(await endsBetween(last - NEIGHBOURS, last)));
  /** Found by halving. What lies after the newest span is of a clock that was wrong, and has been set back. */
  const countSince = async (micros: number): Promise<number> => {
    let [low, high] = [first, last];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const end = await endAround(middle);
      if (end < micros || end > newestMicros + HOUR_MICROS) low = middle + 1;
      else high = middle;
    }
    return last - low + 1;
  };
  const spans = last - first + 1;
  return {
    spans,
    bytesPerSpan: usedBytes / spans,
    oldestMicros,
    newestMicros,
    lastHour: await countSince(newestMicros - HOUR_MICROS),
    lastDay: await countSince(newestMicros - 24 * HOUR_MICROS),
  };
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
