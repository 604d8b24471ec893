import type { Connection } from './connection.js';

/** How fast the file grew up to the newest span. */
export interface Growth {
  /** About as many, by their ids. */
  readonly spans: number;
  readonly bytesPerSpan: number;
  /** When the oldest and the newest span were started, in microseconds since the epoch. */
  readonly oldestMicros: number;
  readonly newestMicros: number;
  /** Spans of the last hour and the last day before the newest one. */
  readonly lastHour: number;
  readonly lastDay: number;
}

const HOUR_MICROS = 3_600_000_000;

/** How fast a file grew, found in some dozens of looks at single rows. */
export async function readGrowth(connection: Connection, usedBytes: number): Promise<Growth | undefined> {
  const [ids] = await connection.all<{ first: number | null; last: number | null }>(
    'SELECT (SELECT min(id) FROM span) AS first, (SELECT max(id) FROM span) AS last',
  );
  if (typeof ids?.first !== 'number' || typeof ids.last !== 'number') return undefined;
  const { first, last } = ids;
  const startOf = async (id: number): Promise<number> => {
    const [row] = await connection.all<{ start_us: number }>(
      'SELECT start_us FROM span WHERE id >= ? ORDER BY id LIMIT 1',
      [id],
    );
    return row?.start_us ?? Number.MAX_SAFE_INTEGER;
  };
  const newestMicros = await startOf(last);
  /** Spans are stored about in the order they start in, so a time is found by halving. */
  const countSince = async (micros: number): Promise<number> => {
    let [low, high] = [first, last];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await startOf(middle)) < micros) low = middle + 1;
      else high = middle;
    }
    return last - low + 1;
  };
  const spans = last - first + 1;
  return {
    spans,
    bytesPerSpan: usedBytes / spans,
    oldestMicros: await startOf(first),
    newestMicros,
    lastHour: await countSince(newestMicros - HOUR_MICROS),
    lastDay: await countSince(newestMicros - 24 * HOUR_MICROS),
  };
}
