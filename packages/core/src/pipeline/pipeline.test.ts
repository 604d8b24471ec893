import { describe, expect, it, vi } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import { Lifecycle } from '../ferret/lifecycle.js';
import { LedgerCounters } from '../sink/ledger.js';
import { MemorySink } from '../sink/memory-sink.js';
import { type SpanBatch, StoreUnavailableError } from '../sink/sink.js';
import { identityOfProcess } from '../spill/spill.fixture.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/span-data.js';
import { gate } from './gate.fixture.js';
import { Pipeline } from './pipeline.js';
import type { PipelineOptions } from './pipeline-parts.js';

const span = (name = 'work') => new SpanData(name, 'internal', SpanIds.root(), true);

const process = identityOfProcess('p');

function build(sink = new MemorySink(), options: Partial<PipelineOptions> = {}) {
  const ledger = new LedgerCounters();
  const reports: DiagnosticCode[] = [];
  const settings = { batchSize: 4, flushIntervalMillis: 60_000, maxQueueSize: 100, process, ...options };
  const report = (code: DiagnosticCode) => reports.push(code);
  const pipeline = new Pipeline({ sink, ledger, ending: new Lifecycle(), report }, settings);
  const enqueue = (count: number) => {
    for (let i = 0; i < count; i++) {
      ledger.started++;
      pipeline.enqueue(span(`work ${i}`));
    }
  };
  return { pipeline, ledger, sink, reports, enqueue };
}

describe('the pipeline', () => {
  it('writes a batch as soon as it is full', async () => {
    const { sink, enqueue } = build();
    enqueue(4);
    await vi.waitFor(() => expect(sink.batches.map((batch) => batch.length)).toEqual([4]));
  });

  it('writes a batch that is not full when the interval has passed', async () => {
    const { sink, enqueue } = build(new MemorySink(), { flushIntervalMillis: 5 });
    enqueue(1);
    await vi.waitFor(() => expect(sink.spans).toHaveLength(1));
  });

  it('writes nothing while there is nothing to write', async () => {
    const write = vi.fn();
    const { pipeline } = build(new MemorySink(write), { flushIntervalMillis: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20).ref());
    await pipeline.flush();
    expect(write).not.toHaveBeenCalled();
  });

  it('writes one batch at a time, in order', async () => {
    let running = 0;
    let most = 0;
    const { pipeline, sink, enqueue } = build(
      new MemorySink(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      }),
    );
    enqueue(10);
    await pipeline.flush();
    expect(most).toBe(1);
    expect(sink.spans.map((stored) => stored.name)).toEqual(Array.from({ length: 10 }, (_, i) => `work ${i}`));
  });

  it('drops and counts what the queue has no room for', async () => {
    const { open, opened } = gate();
    const { pipeline, ledger, reports, enqueue } = build(new MemorySink(() => opened), { maxQueueSize: 10 });
    enqueue(25);
    expect(ledger.queueFull).toBe(15);
    expect(reports).toContain('QUEUE_FULL');
    open();
    await pipeline.flush();
    expect(ledger.snapshot()).toMatchObject({ started: 25, stored: 10, pending: 0 });
  });

  it('has room again once spans are stored', async () => {
    const { pipeline, ledger, enqueue } = build(new MemorySink(), { maxQueueSize: 5 });
    for (let round = 0; round < 3; round++) {
      enqueue(5);
      await pipeline.flush();
    }
    expect(ledger.snapshot()).toMatchObject({ stored: 15, dropped: { queueFull: 0 } });
  });

  it.each([
    [100, 1],
    [100, 99],
    [100, 10_000],
    [101, 51],
    [513, 512],
  ])('K16: loses nothing with an idle store, a queue of %i and batches of %i', async (maxQueueSize, batchSize) => {
    const { pipeline, ledger, enqueue } = build(new MemorySink(), { maxQueueSize, batchSize });
    // A thousand a second: ten whenever the array before the pipeline is emptied.
    for (let round = 0; round < 100; round++) {
      enqueue(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await pipeline.flush();
    expect(ledger.snapshot()).toMatchObject({ stored: 1_000, dropped: { queueFull: 0 } });
  });

  it('K16: says why the queue is full', async () => {
    const messages: string[] = [];
    const full = (sink: MemorySink, spans: SpanData[]) => {
      const options = { batchSize: 10, flushIntervalMillis: 60_000, maxQueueSize: 100, process };
      const report = (code: DiagnosticCode, message: string) => {
        if (code === 'QUEUE_FULL') messages.push(message);
      };
      const pipeline = new Pipeline({ sink, ledger: new LedgerCounters(), ending: new Lifecycle(), report }, options);
      return { pipeline, fill: () => spans.forEach((each) => void pipeline.enqueue(each)) };
    };
    const many = Array.from({ length: 101 }, () => span());
    full(new MemorySink(), many).fill();
    expect(messages.at(-1)).toMatch('in a burst');
    const large = Array.from({ length: 3 }, () => Object.assign(span(), { size: 40 * 1024 * 1024 }));
    full(new MemorySink(), large).fill();
    expect(messages.at(-1)).toMatch('64 million characters');
    let attempts = 0;
    const locked = new MemorySink(() => {
      attempts++;
      throw new StoreUnavailableError('locked');
    });
    const failing = full(locked, many);
    failing.pipeline.enqueue(span());
    void failing.pipeline.flush();
    await vi.waitFor(() => expect(attempts).toBeGreaterThan(1));
    failing.fill();
    expect(messages.at(-1)).toMatch('locked by another program');
    failing.pipeline.abandon('exit');
  });

  it('K8: a batch ends at a million characters, too', async () => {
    const { pipeline, ledger, sink } = build(new MemorySink(), { batchSize: 1_000, maxQueueSize: 10_000 });
    const sizes = [...new Array(20).fill(262_144), ...new Array(600).fill(1_000), 5_000_000, 1, 2];
    for (const size of sizes) {
      ledger.started++;
      pipeline.enqueue(Object.assign(span(), { size }));
    }
    await pipeline.flush();
    const characters = sink.batches.map((spans) => spans.reduce((sum, each) => sum + (each as SpanData).size, 0));
    expect(sink.spans).toHaveLength(sizes.length);
    // The span that reaches the bound is the last of its batch.
    expect(characters.filter((sum) => sum > 1_000_000 + 262_144)).toHaveLength(1);
    expect(characters.filter((sum) => sum > 1_000_000 + 262_144)[0]).toBeGreaterThan(5_000_000);
  });

  it('K1: goes on after its stream of spans has failed, and counts what was in it', async () => {
    const { pipeline, ledger, sink, reports, enqueue } = build(new MemorySink(), { batchSize: 4 });
    enqueue(3);
    const push = Array.prototype.push;
    // `bufferTime` is about to put the span into its buffer.
    Array.prototype.push = () => {
      Array.prototype.push = push;
      throw new RangeError('Maximum call stack size exceeded');
    };
    enqueue(1);
    enqueue(5);
    await pipeline.flush();
    expect(sink.spans).toHaveLength(5);
    expect(reports).toEqual(['WRITE_FAILED']);
    expect(ledger.snapshot()).toMatchObject({ started: 9, stored: 5, dropped: { writeFailed: 4 }, pending: 0 });
  });

  it('bounds the queue by the size of its spans too', () => {
    const { open, opened } = gate();
    const { pipeline, ledger } = build(new MemorySink(() => opened), { batchSize: 1000, maxQueueSize: 1000 });
    for (let i = 0; i < 100; i++) pipeline.enqueue(Object.assign(span(), { size: 1024 * 1024 - span().name.length }));
    open();
    expect(ledger.queueFull).toBe(35);
  });

  it('stays bounded under a loop of microtasks that lets no timer or I/O run (FAULTS 17)', async () => {
    const { pipeline, ledger, enqueue } = build(
      new MemorySink(() => new Promise((resolve) => setTimeout(resolve, 1))),
      {
        maxQueueSize: 50,
      },
    );
    for (let i = 0; i < 10_000; i++) {
      enqueue(1);
      await undefined;
    }
    expect(pipeline.queued).toBe(50);
    expect(ledger.queueFull).toBe(9_950);
  });

  it('keeps a batch and tries again while the store is unavailable', async () => {
    let attempts = 0;
    const { pipeline, ledger, sink, reports, enqueue } = build(
      new MemorySink(() => {
        if (++attempts < 3) throw new StoreUnavailableError('database is locked');
      }),
    );
    enqueue(3);
    await pipeline.flush();
    expect(attempts).toBe(3);
    expect(sink.spans).toHaveLength(3);
    expect(reports).toContain('STORE_UNAVAILABLE');
    expect(ledger.snapshot()).toMatchObject({ stored: 3, dropped: { writeFailed: 0 }, pending: 0 });
  });

  it('loses only the batch that the store refuses, and writes the next (FAULTS 30)', async () => {
    let batches = 0;
    const { pipeline, ledger, sink, reports, enqueue } = build(
      new MemorySink(() => {
        if (++batches === 1) throw new Error('no such table: span');
      }),
    );
    enqueue(8);
    await pipeline.flush();
    expect(sink.spans).toHaveLength(4);
    expect(ledger.snapshot()).toMatchObject({ started: 8, stored: 4, dropped: { writeFailed: 4 }, pending: 0 });
    expect(reports).toEqual(['WRITE_FAILED']);
  });

  it('gives each batch the ledger as it is once that batch is stored', async () => {
    const ledgers: number[] = [];
    const { pipeline, enqueue } = build(
      new MemorySink((batch: SpanBatch) => {
        ledgers.push(batch.ledger.stored);
      }),
    );
    enqueue(10);
    await pipeline.flush();
    expect(ledgers).toEqual([4, 8, 10]);
  });

  describe('flush', () => {
    it('resolves when all recorded so far is stored', async () => {
      const { open, opened } = gate();
      const { pipeline, sink, enqueue } = build(new MemorySink(() => opened));
      enqueue(6);
      let done = false;
      const flushed = pipeline.flush().then(() => {
        done = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(done).toBe(false);
      open();
      await flushed;
      expect(sink.spans).toHaveLength(6);
    });

    it('is one promise for callers with nothing new between them', () => {
      const { pipeline, enqueue } = build();
      enqueue(1);
      const first = pipeline.flush();
      expect(pipeline.flush()).toBe(first);
      enqueue(1);
      expect(pipeline.flush()).not.toBe(first);
    });
  });

  describe('close', () => {
    it('stores what waits, then the last ledger with its reason, then closes the store', async () => {
      const { pipeline, sink, enqueue } = build();
      enqueue(6);
      await pipeline.close('SIGTERM');
      expect(sink.spans).toHaveLength(6);
      expect(sink).toMatchObject({ isClosed: true, endReason: 'SIGTERM', ledger: { stored: 6 } });
    });

    it('is idempotent, also during a flush (FAULTS 23)', async () => {
      const { pipeline, sink, enqueue } = build();
      enqueue(1);
      const flushed = pipeline.flush();
      const closed = pipeline.close('close');
      expect(pipeline.close('exit')).toBe(closed);
      await Promise.all([flushed, closed, pipeline.flush()]);
      expect(sink.endReason).toBe('close');
    });

    it('that gives up on a store that hangs ends the flushes that wait for it, too', async () => {
      const { pipeline, ledger, enqueue } = build(new MemorySink(() => new Promise(() => {})));
      enqueue(6);
      const before = pipeline.flush();
      void pipeline.close('close');
      const during = pipeline.flush();
      pipeline.abandon('close');
      await Promise.all([before, during, pipeline.flush()]);
      expect(ledger.snapshot()).toMatchObject({ dropped: { writeFailed: 6 }, pending: 0 });
    });

    it('counts spans that come later', async () => {
      const { pipeline, ledger } = build();
      await pipeline.close('close');
      pipeline.enqueue(span());
      expect(ledger.closed).toBe(1);
    });

    it('survives a store that fails to close', async () => {
      const sink = new MemorySink();
      sink.close = () => Promise.reject(new Error('disk gone'));
      const { pipeline, reports } = build(sink);
      await pipeline.close('close');
      expect(reports).toEqual(['WRITE_FAILED']);
    });

    it('gives up what still waits when abandoned', async () => {
      const { pipeline, ledger, enqueue } = build(
        new MemorySink(() => {
          throw new StoreUnavailableError('locked');
        }),
      );
      enqueue(8);
      const closed = pipeline.close('close');
      await new Promise((resolve) => setImmediate(resolve));
      pipeline.abandon('close');
      await closed;
      expect(ledger.snapshot()).toMatchObject({ dropped: { writeFailed: 8 }, pending: 0 });
    });
  });
});
