import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import { Lifecycle } from '../ferret/lifecycle.js';
import { LedgerCounters } from '../sink/ledger.js';
import { MemorySink } from '../sink/memory-sink.js';
import { type SpanSink, StoreForeignError, StoreUnavailableError } from '../sink/sink.js';
import { identityOfProcess } from '../spill/spill.fixture.js';
import { SinkWriter } from './sink-writer.js';

function build(sink: SpanSink = new MemorySink()) {
  const reports: [DiagnosticCode, string][] = [];
  const lifecycle = new Lifecycle();
  const report = (code: DiagnosticCode, message: string) => reports.push([code, message]);
  const writer = new SinkWriter(sink, identityOfProcess('p'), report, lifecycle);
  return { writer, reports, lifecycle };
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
    const { writer, lifecycle } = build(new MemorySink(() => Promise.reject(new StoreUnavailableError('busy'))));
    const written = writer.write(EMPTY, ledger);
    lifecycle.abandon();
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

function unreadable(): object {
  const get = () => {
    throw new Error('no');
  };
  return new Proxy({}, { get, getPrototypeOf: get });
}

describe('the port', () => {
  /** As an error of the other module format is, or of another version of this package. */
  class StoreUnavailableOfAnother extends Error {
    readonly code = 'STORE_UNAVAILABLE';
  }

  it.each([
    ['an error of another copy of this package', new StoreUnavailableOfAnother('busy')],
    ['a plain object', { code: 'STORE_UNAVAILABLE', message: 'busy' }],
  ])('K17: tries again after %s with the code', async (_, error) => {
    const errors = [error];
    const { writer } = build(
      new MemorySink(() => {
        if (errors.length > 0) throw errors.shift();
      }),
    );
    expect(await writer.write(EMPTY, ledger)).toBe('stored');
    errors.push(error);
    await writer.attemptOnce('It', () => writer.writeOnce({ ...EMPTY, ledger: ledger() }));
    expect(errors).toEqual([]);
  });

  it.each([
    ['nothing', () => null],
    ['a text', () => 'text'],
    ['what cannot be read', () => unreadable()],
  ])('K17: loses what fails with %s, and goes on', async (_, make) => {
    const { writer } = build(new MemorySink(() => Promise.reject(make())));
    expect(await writer.write(EMPTY, ledger)).toBe('writeFailed');
  });

  it('K17: knows by its code a store that is somebody else’s', async () => {
    const { writer } = build(new MemorySink(() => Promise.reject({ code: 'FILE_FOREIGN' })));
    await writer.write(EMPTY, ledger);
    expect(writer.isForeign).toBe(true);
  });

  it('K18: hears who writes, once, before anything else; again after a rejection', async () => {
    const calls: unknown[] = [];
    let isUp = false;
    const sink: SpanSink = {
      async open(process) {
        calls.push(['open', process.runId, process.service, process.pid]);
        if (!isUp) throw new StoreUnavailableError('not yet');
      },
      async write() {
        calls.push('write');
      },
      async tick() {
        calls.push('tick');
      },
      close: async () => void calls.push('close'),
    };
    const { writer } = build(sink);
    const who = ['open', 'run-1', 'shop', identityOfProcess('p').pid];
    await writer.attemptOnce('It', () => writer.tick({ openSpans: [], routeMinutes: [], ledger: ledger() }));
    expect(calls).toEqual([who]);
    isUp = true;
    await writer.write(EMPTY, ledger);
    await writer.attemptOnce('It', () => writer.tick({ openSpans: [], routeMinutes: [], ledger: ledger() }));
    await writer.close();
    expect(calls).toEqual([who, who, 'write', 'tick', 'close']);
  });
});
