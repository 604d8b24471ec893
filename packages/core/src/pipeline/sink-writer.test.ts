import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import { LedgerCounters } from '../sink/ledger.js';
import { MemorySink } from '../sink/memory-sink.js';
import { type SpanSink, StoreForeignError, StoreUnavailableError } from '../sink/sink.js';
import { SinkWriter } from './sink-writer.js';

function build(sink: SpanSink = new MemorySink()) {
  const reports: [DiagnosticCode, string][] = [];
  const writer = new SinkWriter(sink, (code, message) => reports.push([code, message]));
  return { writer, reports };
}

/** Fails with each of these errors in turn, and goes well then. */
function failing(...errors: Error[]): () => Promise<void> {
  return async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
  };
}

const ledger = () => new LedgerCounters().snapshot();
const EMPTY = { id: 1, spans: [] };

describe('what is done with a sink', () => {
  it('is done again while the sink is unavailable', async () => {
    const { writer, reports } = build();
    const busy = new StoreUnavailableError('busy');
    let failuresSeen = 0;
    const work = failing(busy, busy);
    const fate = await writer.attempt('It', () => {
      failuresSeen = writer.failures;
      return work();
    });
    expect([fate, failuresSeen, writer.failures]).toEqual(['stored', 2, 0]);
    expect(reports).toEqual(Array(2).fill(['STORE_UNAVAILABLE', 'Spans are kept and tried again: busy']));
  });

  it('is lost when the sink refuses it', async () => {
    const { writer, reports } = build();
    expect(await writer.attempt('It', failing(new Error('no')))).toBe('writeFailed');
    expect(reports).toEqual([['WRITE_FAILED', 'It could not be stored and are lost: no']]);
  });

  it('is let go of when the sink is abandoned, at once', async () => {
    const { writer } = build(new MemorySink(() => Promise.reject(new StoreUnavailableError('busy'))));
    const written = writer.write(EMPTY, ledger);
    writer.abandon();
    expect(await written).toBeUndefined();
    expect(await writer.write(EMPTY, ledger)).toBeUndefined();
  });

  it('is done only once where it comes again anyway', async () => {
    const { writer, reports } = build();
    await writer.attemptOnce('It', failing(new StoreUnavailableError('busy'), new Error('not reached')));
    expect(reports).toEqual([]);
    await writer.attemptOnce('It', failing(new Error('no')));
    expect(reports).toEqual([['WRITE_FAILED', 'It could not be stored: no']]);
  });
});

describe('a sink', () => {
  it('is foreign from when it says so until it takes a batch', async () => {
    const { writer } = build();
    await writer.attemptOnce('It', failing(new StoreForeignError('somebody else’s')));
    expect(writer.isForeign).toBe(true);
    await writer.write(EMPTY, ledger);
    expect(writer.isForeign).toBe(false);
  });

  it('is told the ledger as it is at each attempt, and its writes that went well are counted', async () => {
    const counters = new LedgerCounters();
    const told: number[] = [];
    const { writer } = build({
      write: async (batch) => {
        told.push(batch.ledger.started);
        if (told.length === 1) throw new StoreUnavailableError('busy');
      },
      close: async () => {},
    });
    await writer.write(EMPTY, () => {
      counters.started++;
      return counters.snapshot();
    });
    expect(told).toEqual([1, 2]);
    expect(writer.writes.count).toBe(1);
  });
});
