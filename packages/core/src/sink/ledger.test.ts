import { describe, expect, it } from 'vitest';
import {
  figuresBy,
  figuresOf,
  figuresOfRow,
  LEDGER_COLUMN_NAMES,
  LedgerCounters,
  toLedger,
  toLedgerRow,
} from './ledger.js';

describe('the ledger', () => {
  const figures = figuresBy((figure) => (figure === 'started' ? 100 : figure.length));

  it('has for pending what started leaves, whatever its other figures are', () => {
    const { started, stored, sampledOut, folded, dropped, spilled, pending } = toLedger(figures);
    const lost = dropped.queueFull + dropped.writeFailed + dropped.closed + dropped.tooLarge;
    expect(started).toBe(stored + sampledOut + folded + lost + spilled + pending);
  });

  it('is the same after a row of the file, one column a figure', () => {
    const ledger = toLedger(figures);
    const row = toLedgerRow(ledger);
    expect(Object.keys(row)).toEqual([...LEDGER_COLUMN_NAMES]);
    expect(toLedger(figuresOfRow(row))).toEqual(ledger);
    expect(figuresOf(ledger)).toEqual(figures);
  });

  it('of an older version has 0 for what that did not count', () => {
    const { folded, ...older } = toLedger(figures);
    expect(folded).toBe('folded'.length);
    expect(figuresOf(older as ReturnType<typeof toLedger>)).toEqual({ ...figures, folded: 0 });
  });

  it('counts a batch as stored in the snapshot it is written with', () => {
    const counters = Object.assign(new LedgerCounters(), { started: 10, stored: 2, spilled: 5 });
    expect(counters.snapshot(3, 2)).toMatchObject({ stored: 5, spilled: 3, pending: 2 });
    expect(counters.snapshot()).toMatchObject({ stored: 2, spilled: 5, pending: 3 });
  });
});
