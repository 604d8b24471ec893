import type { Ledger } from '../../sink/ledger.js';

/** What the file says of a process. */
export interface KnownRow {
  last_batch: number;
  last_deferred_batch: number;
  started: number;
  stored: number;
  sampled_out: number;
  dropped_queue_full: number;
  dropped_write_failed: number;
  dropped_closed: number;
  dropped_too_large: number;
}

/** What the file and the last record know together. */
export function mergeLedgers(row: KnownRow, last: Ledger | undefined, stored: number, spilled: number): Ledger {
  const newer = (inFile: number, inRecord = 0) => Math.max(inFile, inRecord);
  const { dropped } = last ?? {};
  const merged = {
    started: newer(row.started, last?.started),
    stored,
    sampledOut: newer(row.sampled_out, last?.sampledOut),
    dropped: {
      queueFull: newer(row.dropped_queue_full, dropped?.queueFull),
      writeFailed: newer(row.dropped_write_failed, dropped?.writeFailed),
      closed: newer(row.dropped_closed, dropped?.closed),
      tooLarge: newer(row.dropped_too_large, dropped?.tooLarge),
    },
    spilled,
  };
  const { queueFull, writeFailed, closed, tooLarge } = merged.dropped;
  const settled = stored + merged.sampledOut + queueFull + writeFailed + closed + tooLarge + spilled;
  return { ...merged, pending: merged.started - settled };
}
