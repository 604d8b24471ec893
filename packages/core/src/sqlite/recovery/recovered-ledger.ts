import { figuresBy, figuresOf, figuresOfRow, type Ledger, type LedgerRow, toLedger } from '../../sink/ledger.js';

/** The row of a process in the file. */
export interface KnownRow extends LedgerRow {
  readonly last_batch: number;
  readonly last_deferred_batch: number;
}

/** Merges the counts of the file and of the last record. */
export function mergeLedgers(row: KnownRow, last: Ledger | undefined, stored: number, spilled: number): Ledger {
  const inFile = figuresOfRow(row);
  const inRecord = last && figuresOf(last);
  const merged = {
    ...figuresBy((figure) => Math.max(inFile[figure], inRecord?.[figure] ?? 0)),
    stored,
    spilled,
  };
  const { pending } = toLedger(merged);
  // A write that was given up, and counted as failed, went well after all.
  const writeFailed = pending < 0 ? Math.max(0, merged.writeFailed + pending) : merged.writeFailed;
  return toLedger({ ...merged, writeFailed });
}
