import { expect, it } from 'vitest';
import { LedgerCounters } from '../sink/ledger.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/span-data.js';
import { Handover } from './handover.js';

/** Calls `work` a few calls above the place where the stack ends. */
function nearTheEndOfTheStack(work: () => void): void {
  const descend = (): number => {
    let unwound = 0;
    try {
      unwound = descend();
    } catch {
      return 1;
    }
    if (unwound === 50) work();
    return unwound + 1;
  };
  descend();
}

it('K1: what waits is not handed over near the end of the stack, unless nothing comes after it', () => {
  const taken: SpanData[] = [];
  const destination = {
    needsTraces: false,
    ended: (span: SpanData) => void taken.push(span),
    suppressed: () => {},
    holdTraces: () => {},
  };
  const handover = new Handover(destination, new LedgerCounters(), () => {});
  handover.ended(new SpanData('first', 'internal', SpanIds.root(), true));
  handover.empty();
  expect(taken).toHaveLength(1);

  handover.ended(new SpanData('second', 'internal', SpanIds.root(), true));
  nearTheEndOfTheStack(() => handover.empty());
  expect(taken).toHaveLength(1);
  nearTheEndOfTheStack(() => handover.empty(true));
  expect(taken).toHaveLength(2);
});
