import { describe, expect, it, vi } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import { Lifecycle } from '../ferret/lifecycle.js';
import type { EndReason } from '../sink/end-reason.js';
import { LedgerCounters } from '../sink/ledger.js';
import { MemorySink } from '../sink/memory-sink.js';
import { type SpanBatch, StoreForeignError, StoreUnavailableError } from '../sink/sink.js';
import type { Spill, SpillCopies } from '../sink/spill.js';
import { identityOfProcess } from '../spill/spill.fixture.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/span-data.js';
import { gate } from './gate.fixture.js';
import { Pipeline } from './pipeline.js';
import type { PipelineOptions } from './pipeline-parts.js';
import type { Watched } from './ticker.js';

/** A spill in memory, whose every answer a test may hold back or change. */
class MemorySpill implements Spill {
  readonly batches: SpanBatch[] = [];
  endReason: EndReason | undefined;
  isClosed = false;
  isShut = false;
  beforeAppend: (batch: SpanBatch) => boolean | Promise<boolean> = () => true;
  isDamaged = false;
  copied: { batches: readonly SpanBatch[]; reason: EndReason | undefined } | undefined;
  readonly copies: SpillCopies = {
    save: (batches, end) => {
      this.copied = { batches, reason: end?.reason };
    },
    discard: () => {
      this.copied = undefined;
    },
  };

  get length(): number {
    return this.batches.length;
  }

  async append(batch: SpanBatch): Promise<boolean> {
    if (!(await this.beforeAppend(batch))) return false;
    this.batches.push(batch);
    return true;
  }

  appendSync(batch: SpanBatch): boolean {
    if (this.beforeAppend(batch) !== true) return false;
    this.batches.push(batch);
    return true;
  }

  async first(): Promise<SpanBatch | { readonly lostSpans: number }> {
    const first = this.batches[0]!;
    return this.isDamaged ? { lostSpans: first.spans.length } : first;
  }

  async shift(): Promise<void> {
    this.batches.shift();
  }

  shut(): void {
    this.isShut = true;
  }

  end(reason: EndReason): void {
    this.endReason ??= reason;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const process = identityOfProcess('p');

function build(beforeWrite: (batch: SpanBatch) => void | Promise<void>, options: Partial<PipelineOptions> = {}) {
  const ids: number[] = [];
  const ledgers: { stored: number; spilled: number; pending: number }[] = [];
  const sink = new MemorySink(async (batch) => {
    await beforeWrite(batch);
    ids.push(batch.id);
    ledgers.push(batch.ledger);
  });
  const spill = new MemorySpill();
  const ledger = new LedgerCounters();
  const reports: DiagnosticCode[] = [];
  const settings = { batchSize: 4, flushIntervalMillis: 60_000, maxQueueSize: 40, process, ...options };
  const report = (code: DiagnosticCode) => reports.push(code);
  const pipeline = new Pipeline({ sink, spill, ledger, ending: new Lifecycle(), report }, settings);
  let serial = 0;
  const enqueue = (count: number) => {
    for (let i = 0; i < count; i++) {
      ledger.started++;
      pipeline.enqueue(new SpanData(`work ${serial++}`, 'internal', SpanIds.root(), true));
    }
  };
  const isInOrder = () =>
    sink.spans.every((span, index) => span.name === `work ${index}`) &&
    ids.every((id, index) => id > (ids[index - 1] ?? 0));
  return { pipeline, sink, spill, ledger, ledgers, reports, enqueue, ids, isInOrder };
}

/** A sink that does not answer until it is told to. */
function buildHeld(options?: Partial<PipelineOptions>) {
  const { open, opened } = gate();
  return { open, ...build(() => opened, options) };
}

describe('a batch is spilled', () => {
  it('not while the store keeps up', async () => {
    const { pipeline, spill, sink, enqueue } = build(() => {});
    const append = vi.spyOn(spill, 'append');
    for (let round = 0; round < 5; round++) {
      enqueue(8);
      await pipeline.flush();
    }
    expect(sink.spans).toHaveLength(40);
    expect(append).not.toHaveBeenCalled();
  });

  it('when half the queue waits before it, and leaves the queue to what comes', async () => {
    const { pipeline, spill, ledger, enqueue, open, sink, isInOrder } = buildHeld();
    enqueue(20);
    expect(pipeline.queued).toBe(20);
    for (let round = 0; round < 20; round++) {
      enqueue(4);
      await vi.waitFor(() => expect(spill.length).toBe(round + 1));
    }
    expect(ledger.snapshot()).toMatchObject({ spilled: 80, pending: 20, dropped: { queueFull: 0 } });
    open();
    await pipeline.flush();
    expect(ledger.snapshot()).toMatchObject({ started: 100, stored: 100, spilled: 0, pending: 0 });
    expect([sink.spans.length, isInOrder()]).toEqual([100, true]);
  });

  it('when the store has failed three times, and is taken in when it no longer does', async () => {
    let failures = 0;
    let isWell = false;
    const { pipeline, spill, ledger, enqueue, isInOrder, reports } = build(() => {
      if (isWell) return;
      failures += 1;
      throw new StoreUnavailableError('locked');
    });
    enqueue(4);
    await vi.waitFor(() => expect(failures).toBeGreaterThanOrEqual(4), { timeout: 5_000 });
    enqueue(4);
    await vi.waitFor(() => expect(ledger.spilled).toBe(4));
    enqueue(4);
    await vi.waitFor(() => expect(spill.length).toBe(2));
    isWell = true;
    await pipeline.flush();
    expect(ledger.snapshot()).toMatchObject({ stored: 12, spilled: 0, pending: 0 });
    expect([isInOrder(), reports[0]]).toEqual([true, 'STORE_UNAVAILABLE']);
  });
});

describe('what is spilled', () => {
  it('lets what comes later go first, and is stored a batch at a time between', async () => {
    const { open, opened } = gate();
    const arrived: [number, boolean][] = [];
    const { pipeline, spill, enqueue, ledger } = build(async (batch) => {
      await opened;
      arrived.push([batch.id, batch.isDeferred === true]);
      if (batch.id === 3) enqueue(8);
    });
    const append = vi.spyOn(spill, 'append');
    enqueue(32);
    await vi.waitFor(() => expect(spill.length).toBe(3));
    open();
    await vi.waitFor(() => expect(ledger.stored).toBe(40));
    expect(append).toHaveBeenCalledTimes(3);
    const later = [9, 10].map((id) => [id, false]);
    expect(arrived.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((id) => [id, false]));
    expect(arrived.slice(5)).toEqual([[6, true], ...later, [7, true], [8, true]]);
    await pipeline.close('close');
    expect(ledger.snapshot()).toMatchObject({ started: 40, stored: 40, spilled: 0, pending: 0 });
  });

  it('is stored under a load that the store could not take by way of the spill', async () => {
    vi.useFakeTimers();
    try {
      const { open, opened } = gate();
      const { pipeline, spill, enqueue, ledger } = build(async ({ isDeferred }) => {
        await opened;
        await new Promise((resolve) => setTimeout(resolve, isDeferred ? 20 : 10));
      });
      const load = setInterval(() => enqueue(4), 15);
      await vi.advanceTimersByTimeAsync(600);
      expect(spill.length).toBeGreaterThan(30);
      open();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(spill.length).toBe(0);
      expect(ledger.snapshot()).toMatchObject({ spilled: 0, dropped: { queueFull: 0 } });
      clearInterval(load);
      const closed = pipeline.close('close');
      await vi.advanceTimersByTimeAsync(1_000);
      await closed;
      expect(ledger.snapshot()).toMatchObject({ stored: ledger.started, pending: 0 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is stored before flush resolves, not what is spilled after that', async () => {
    const [before, after] = [gate(), gate()];
    const { pipeline, spill, enqueue, ledger } = build(async ({ id }) => {
      await (id > 7 ? after : before).opened;
      if (id !== 7) return;
      enqueue(24);
      await vi.waitFor(() => expect(spill.length).toBe(2));
    });
    enqueue(28);
    await vi.waitFor(() => expect(spill.length).toBe(2));
    const flushed = pipeline.flush();
    before.open();
    await flushed;
    expect(ledger.snapshot()).toMatchObject({ started: 52, stored: 28, spilled: 4, pending: 20 });
    after.open();
    await pipeline.close('close');
    expect(ledger.snapshot()).toMatchObject({ stored: 52, spilled: 0, pending: 0 });
  });

  it('is counted as stored in the very batch that stores it', async () => {
    const { pipeline, spill, enqueue, open, ledgers } = buildHeld();
    enqueue(20);
    enqueue(4);
    await vi.waitFor(() => expect(spill.length).toBe(1));
    open();
    await pipeline.flush();
    expect(ledgers.at(-1)).toMatchObject({ stored: 24, spilled: 0, pending: 0 });
  });

  it('is lost, and counted, where the file was damaged', async () => {
    const { pipeline, spill, enqueue, open, ledger } = buildHeld();
    enqueue(24);
    await vi.waitFor(() => expect(spill.length).toBe(1));
    spill.isDamaged = true;
    open();
    await pipeline.flush();
    expect(ledger.snapshot()).toMatchObject({ stored: 20, dropped: { writeFailed: 4 }, spilled: 0, pending: 0 });
  });

  it('is lost, and counted, where the store refuses it for good; the next is stored', async () => {
    const { open, opened } = gate();
    const { pipeline, spill, enqueue, ledger, reports } = build(async (batch) => {
      await opened;
      if (batch.id === 6) throw new Error('no such table');
    });
    enqueue(28);
    await vi.waitFor(() => expect(spill.length).toBe(2));
    open();
    await pipeline.flush();
    expect(ledger.snapshot()).toMatchObject({ stored: 24, dropped: { writeFailed: 4 }, spilled: 0, pending: 0 });
    expect(reports).toEqual(['WRITE_FAILED']);
  });

  it('is stored before close resolves, and then the spill is closed', async () => {
    const { pipeline, spill, enqueue, open, sink, isInOrder } = buildHeld();
    enqueue(30);
    const closed = pipeline.close('close');
    open();
    await closed;
    expect([sink.spans.length, isInOrder(), spill.isClosed, spill.endReason]).toEqual([30, true, true, undefined]);
    expect(sink).toMatchObject({ endReason: 'close', ledger: { stored: 30, spilled: 0 } });
  });
});

describe('a batch that the spill refuses', () => {
  it('waits in memory, and so does what comes later', async () => {
    const { pipeline, spill, enqueue, open, ledger, isInOrder } = buildHeld();
    spill.beforeAppend = () => false;
    const append = vi.spyOn(spill, 'append');
    enqueue(24);
    await vi.waitFor(() => expect(append).toHaveBeenCalledTimes(1));
    enqueue(16);
    expect(append).toHaveBeenCalledTimes(1);
    enqueue(4);
    expect(ledger.snapshot()).toMatchObject({ spilled: 0, pending: 40, dropped: { queueFull: 4 } });
    open();
    await pipeline.flush();
    expect([ledger.stored, isInOrder()]).toEqual([40, true]);
  });

  it('has an id behind those that went to the store while it was refused', async () => {
    const { open: refuse, opened: refused } = gate();
    const { pipeline, spill, enqueue, open, ledger, ids } = buildHeld();
    spill.beforeAppend = () => refused.then(() => false);
    enqueue(28);
    refuse();
    // Between the refusal and what follows from it, one microtask after the other.
    for (let turn = 0; turn < 10; turn++) {
      enqueue(1);
      await undefined;
    }
    open();
    await pipeline.flush();
    expect(ledger.stored).toBe(38);
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
  });

  it('does not close the spill for good', async () => {
    const { pipeline, spill, enqueue, open } = buildHeld();
    spill.beforeAppend = () => false;
    enqueue(24);
    open();
    await pipeline.flush();
    spill.beforeAppend = () => true;
    const append = vi.spyOn(spill, 'append');
    enqueue(24);
    await pipeline.flush();
    await expect(append.mock.results[0]?.value).resolves.toBe(true);
    expect([append.mock.calls.length, spill.length]).toEqual([1, 0]);
  });
});

describe('when it is abandoned', () => {
  it('everything in memory is spilled at once, the batch that is being written too, in order', () => {
    const { pipeline, spill, enqueue, ledger } = buildHeld();
    enqueue(10);
    pipeline.abandon('exit');
    expect(spill.batches.map(({ id, spans }) => [id, spans.length])).toEqual([
      [1, 4],
      [2, 4],
      [3, 2],
    ]);
    expect(spill.endReason).toBe('exit');
    expect(ledger.snapshot()).toMatchObject({ spilled: 10, pending: 0, dropped: { writeFailed: 0 } });
    expect(pipeline.queued).toBe(0);
  });

  it('a batch that is being spilled is spilled once more under its id, and counted once', async () => {
    const { open, opened } = gate();
    const { pipeline, spill, enqueue, ledger } = buildHeld();
    enqueue(20);
    spill.beforeAppend = ({ id }) => (id === 6 && !isAbandoned ? opened.then(() => true) : true);
    let isAbandoned = false;
    enqueue(4);
    await Promise.resolve();
    isAbandoned = true;
    pipeline.abandon('exit');
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(spill.batches.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 6]);
    expect(ledger.snapshot()).toMatchObject({ spilled: 24, pending: 0 });
  });

  it('what the spill refuses is lost, and counted', () => {
    const { pipeline, spill, enqueue, ledger } = buildHeld();
    spill.beforeAppend = ({ id }) => id !== 2;
    enqueue(12);
    pipeline.abandon('SIGTERM');
    expect(ledger.snapshot()).toMatchObject({ spilled: 8, dropped: { writeFailed: 4 }, pending: 0 });
  });

  it('at the deadline of close, nothing more is written, and close resolves', async () => {
    let attempts = 0;
    const { pipeline, spill, enqueue, ledger, sink } = build(() => {
      attempts += 1;
      throw new StoreUnavailableError('locked');
    });
    enqueue(8);
    const closed = pipeline.close('close');
    await vi.waitFor(() => expect(attempts).toBeGreaterThan(0));
    const attemptsBefore = attempts;
    pipeline.abandon('close');
    pipeline.abandon('exit');
    await closed;
    expect(spill.batches.map(({ id }) => id)).toEqual([1, 2]);
    expect([spill.endReason, sink.isClosed, attempts]).toEqual(['close', true, attemptsBefore]);
    expect(ledger.snapshot()).toMatchObject({ spilled: 8, pending: 0 });
  });

  it('P15: a write that succeeds afterwards is counted as stored, and only so', async () => {
    const { pipeline, enqueue, open, ledger } = buildHeld();
    enqueue(4);
    await new Promise((resolve) => setImmediate(resolve));
    pipeline.abandon('close');
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ledger.snapshot()).toMatchObject({ started: 4, stored: 4, spilled: 0, pending: 0 });
  });

  it('what is being stored out of the spill stays there, and the next is not asked for', async () => {
    const { open, opened } = gate();
    const { pipeline, spill, enqueue } = build(({ id }) => (id === 6 ? opened : undefined));
    const first = vi.spyOn(spill, 'first');
    enqueue(28);
    await vi.waitFor(() => expect(first).toHaveBeenCalledTimes(1));
    pipeline.abandon('exit');
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(spill.batches.map(({ id }) => id)).toEqual([6, 7]);
    expect(first).toHaveBeenCalledTimes(1);
  });

  it('nothing is asked of the spill any more, by whatever waits for the write that is under way', async () => {
    const { pipeline, spill, enqueue, open, ledger } = buildHeld();
    const first = vi.spyOn(spill, 'first');
    enqueue(24);
    await vi.waitFor(() => expect(spill.length).toBe(1));
    void pipeline.flush();
    const closed = pipeline.close('close');
    pipeline.abandon('close');
    open();
    await closed;
    expect(first).not.toHaveBeenCalled();
    expect(ledger.snapshot()).toMatchObject({ stored: 4, spilled: 20, dropped: { writeFailed: 0 }, pending: 0 });
  });

  it('what is in the spill already stays there', async () => {
    const { pipeline, spill, enqueue, open } = buildHeld();
    enqueue(24);
    await vi.waitFor(() => expect(spill.length).toBe(1));
    pipeline.abandon('exit');
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(spill.batches.map(({ id }) => id)).toEqual([6, 1, 2, 3, 4, 5]);
  });
});

describe('for a store that is somebody else’s', () => {
  const refuse = () => {
    throw new StoreForeignError('the database of another program');
  };

  it('nothing is spilled at the end: it is lost, and counted', async () => {
    const { pipeline, spill, enqueue, ledger } = build(refuse);
    enqueue(4);
    await pipeline.flush();
    enqueue(6);
    pipeline.abandon('exit');
    expect([spill.batches, spill.endReason]).toEqual([[], undefined]);
    expect(ledger.snapshot()).toMatchObject({ started: 10, spilled: 0, dropped: { writeFailed: 10 }, pending: 0 });
  });

  it('nor before that, though half the queue is waiting', async () => {
    const { pipeline, spill, enqueue, ledger } = build(refuse);
    const append = vi.spyOn(spill, 'append');
    enqueue(4);
    await pipeline.flush();
    enqueue(40);
    await pipeline.flush();
    expect(append).not.toHaveBeenCalled();
    expect(ledger.snapshot()).toMatchObject({ dropped: { writeFailed: 44 }, pending: 0 });
  });

  it('nor where a tick was all that it refused', async () => {
    vi.useFakeTimers();
    try {
      const { pipeline, sink, spill, enqueue } = build(() => {});
      Object.assign(sink, { tick: async () => refuse() });
      pipeline.watch(watched([]));
      await vi.advanceTimersByTimeAsync(1_000);
      enqueue(1);
      pipeline.abandon('exit');
      expect(spill.batches).toEqual([]);
      expect(spill.isShut).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('but again once that is out of the way', async () => {
    let isForeign = true;
    const { pipeline, spill, enqueue } = build(() => {
      if (isForeign) refuse();
    });
    enqueue(4);
    await pipeline.flush();
    isForeign = false;
    enqueue(4);
    await pipeline.flush();
    enqueue(4);
    pipeline.abandon('exit');
    expect(spill.batches).toMatchObject([{ id: 3 }]);
  });
});

describe('copies of what is in memory', () => {
  it('P6: are of all that is not stored and of what is open, under ids of their own, and change nothing', async () => {
    const { pipeline, spill, sink, enqueue, ids, open, ledger } = buildHeld();
    pipeline.watch(watched([new SpanData('open', 'internal', SpanIds.root(), true)]));
    enqueue(6);
    pipeline.copies.save('SIGTERM');
    expect(spill.copied?.reason).toBe('SIGTERM');
    expect(spill.copied?.batches.map(({ id, spans }) => [id, spans.length])).toEqual([
      [1, 4],
      [2, 2],
      [3, 1],
    ]);
    expect([spill.length, ledger.snapshot().pending]).toEqual([0, 6]);
    open();
    enqueue(4);
    await pipeline.flush();
    pipeline.copies.discard();
    expect(spill.copied).toBeUndefined();
    expect([sink.spans.length, ids]).toEqual([10, [1, 2, 4]]);
    await pipeline.close('close');
  });

  it('P6: are gone when all is stored by close(), or spilled by abandon()', async () => {
    const closed = build(() => {});
    closed.enqueue(6);
    closed.pipeline.copies.save('SIGTERM');
    await closed.pipeline.close('SIGTERM');
    expect([closed.spill.copied, closed.sink.spans.length]).toEqual([undefined, 6]);
    const abandoned = buildHeld();
    abandoned.enqueue(6);
    abandoned.pipeline.copies.save('SIGTERM');
    abandoned.pipeline.abandon('exit');
    expect([abandoned.spill.copied, abandoned.spill.length]).toEqual([undefined, 2]);
  });

  it('P6: follow a batch that the spill has refused to its new id', async () => {
    const { pipeline, spill, enqueue, open } = buildHeld();
    const { open: refuse, opened } = gate();
    spill.beforeAppend = () => opened.then(() => false);
    enqueue(24);
    pipeline.copies.save('SIGTERM');
    const idsBefore = spill.copied?.batches.map(({ id }) => id);
    refuse();
    await vi.waitFor(() => expect(spill.copied?.batches.map(({ id }) => id)).not.toEqual(idsBefore));
    expect(spill.copied?.batches.filter(({ isDeferred }) => isDeferred)).toEqual([]);
    expect(spill.copied?.batches.flatMap(({ spans }) => spans)).toHaveLength(24);
    open();
    await pipeline.close('SIGTERM');
  });

  it('P5: are followed by all that comes when the end did not', async () => {
    const { pipeline, sink, enqueue } = build(() => {});
    enqueue(4);
    await pipeline.close('SIGTERM');
    expect(pipeline.reopen()).toBe(true);
    enqueue(4);
    await pipeline.flush();
    expect(sink.spans).toHaveLength(8);
    pipeline.abandon('exit');
    expect(pipeline.reopen()).toBe(false);
  });
});

/** Open spans, and nothing else to look after. */
function watched(openSpans: readonly SpanData[]): Watched {
  return {
    catchUp: () => {},
    openSpans: () => openSpans,
    copyOpen: () => openSpans,
    routes: { drain: () => [], peek: () => [], confirm: () => {} },
  };
}

describe('the spans that are open', () => {
  it('are told to the sink once a second, between two writes', async () => {
    vi.useFakeTimers();
    try {
      const { pipeline, sink } = build(() => {});
      const ticks: number[] = [];
      const open = [new SpanData('open', 'internal', SpanIds.root(), true)];
      Object.assign(sink, {
        tick: async ({ openSpans }: { openSpans: unknown[] }) => void ticks.push(openSpans.length),
      });
      pipeline.watch(watched(open));
      await vi.advanceTimersByTimeAsync(1_000);
      open.pop();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(ticks).toEqual([1, 0]);
      await pipeline.close('close');
      await vi.advanceTimersByTimeAsync(5_000);
      // The last one is a part of the close.
      expect(ticks).toEqual([1, 0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that cannot be told are reported, but not while the store is only busy', async () => {
    vi.useFakeTimers();
    try {
      const { pipeline, sink, reports } = build(() => {});
      let error: Error = new StoreUnavailableError('locked');
      Object.assign(sink, { tick: () => Promise.reject(error) });
      pipeline.watch(watched([]));
      await vi.advanceTimersByTimeAsync(1_000);
      expect(reports).toEqual([]);
      error = new Error('no such table');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(reports).toEqual(['WRITE_FAILED']);
      pipeline.abandon('exit');
    } finally {
      vi.useRealTimers();
    }
  });
});
