import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../diagnostics.js';
import { MemorySink } from '../sink/memory-sink.js';
import type { SinkTick, SpanSink } from '../sink/sink.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { currentSpan } from '../trace/context.js';
import type { Span } from '../trace/span.js';
import { createFerret, ferretFor } from './default-ferret.js';
import type { Ferret } from './ferret.js';
import type { FerretOptions } from './options.js';

const open: Ferret[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((ferret) => ferret.close({ timeoutMillis: 50 })));
});

function build(alsoTo: readonly SpanSink[], options: FerretOptions = {}) {
  const diagnostics: Diagnostic[] = [];
  const store = new MemorySink();
  const ferret = createFerret({
    sink: store,
    alsoTo,
    shutdownHooks: false,
    maxSpansPerSecond: Number.POSITIVE_INFINITY,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
  });
  open.push(ferret);
  const codes = () => diagnostics.map(({ code, message }) => `${code} ${message.split(':')[0]}`);
  return { ferret, store, diagnostics, codes };
}

const record = (ferret: Ferret, count: number) => {
  for (let i = 0; i < count; i++) ferret.start(`work ${i}`).end();
};

describe('sinks beside the store', () => {
  it('get every span that is kept, and close with the Ferret', async () => {
    const [one, other] = [new MemorySink(), new MemorySink()];
    const { ferret, store } = build([one, other]);
    record(ferret, 3);
    await ferret.flush();
    for (const sink of [store, one, other])
      expect(sink.spans.map(({ name }) => name)).toEqual(['work 0', 'work 1', 'work 2']);
    expect(await ferret.close()).toMatchObject({ complete: true, unwritten: 0 });
    expect([one.isClosed, one.endReason, one.process?.service]).toEqual([true, 'close', store.process?.service]);
  });

  it('get the spans beside the file, too', async () => {
    const directory = temporaryDirectory();
    const sink = new MemorySink();
    const ferret = createFerret({ database: join(directory, 'ferret.db'), alsoTo: [sink], shutdownHooks: false });
    ferret.measure('work', () => {});
    expect(await ferret.close()).toMatchObject({ complete: true, ledger: { stored: 1 } });
    expect(sink.spans).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('have a ledger of their own, which the operator sees and the store does not', async () => {
    const failing = new MemorySink(() => {
      throw new Error('refused');
    });
    const { ferret, store, codes } = build([new MemorySink(), failing]);
    record(ferret, 3);
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ started: 3, stored: 3, dropped: { writeFailed: 0 } });
    expect(store.ledger).toMatchObject({ started: 3, stored: 3, dropped: { writeFailed: 0 } });
    expect(ferret.sinkStats()).toMatchObject([
      { sink: 'alsoTo[0]', queued: 0, ledger: { started: 3, stored: 3, pending: 0 } },
      { sink: 'alsoTo[1]', queued: 0, ledger: { started: 3, stored: 0, dropped: { writeFailed: 3 }, pending: 0 } },
    ]);
    expect(codes()).toEqual(['WRITE_FAILED alsoTo[1]']);
    const metrics = ferret.metrics();
    expect(metrics).toContain('ferret_sink_spans_stored_total{sink="alsoTo[0]"} 3');
    expect(metrics).toContain('ferret_sink_spans_dropped_total{sink="alsoTo[1]",reason="write_failed"} 3');
    expect(metrics).toContain('ferret_spans_dropped_total{reason="write_failed"} 0');
  });

  it('do not hide the trouble of the store, nor of each other', async () => {
    const refuse = () => new MemorySink(() => Promise.reject(new Error('refused')));
    const { ferret, codes } = build([refuse(), refuse()], { sink: refuse() });
    record(ferret, 1);
    await ferret.flush();
    expect(codes().sort()).toEqual([
      'WRITE_FAILED 1 spans could not be stored and are lost',
      'WRITE_FAILED alsoTo[0]',
      'WRITE_FAILED alsoTo[1]',
    ]);
  });

  it('are told once a second, where they want to be, of open spans and exact statistics, each of all', async () => {
    vi.useFakeTimers();
    const ticks: SinkTick[] = [];
    const listener = Object.assign(new MemorySink(), { tick: async (tick: SinkTick) => void ticks.push(tick) });
    const hanging = Object.assign(new MemorySink(), { tick: () => new Promise<void>(() => {}) });
    const { ferret } = build([hanging, listener]);
    record(ferret, 1);
    ferret.start('open');
    await vi.advanceTimersByTimeAsync(2_500);
    expect(ticks.flatMap(({ routeMinutes }) => routeMinutes.map(({ name, count }) => [name, count]))).toEqual([
      ['work 0', 1],
    ]);
    expect(ticks.at(-1)?.openSpans).toMatchObject([{ name: 'open' }]);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
  });

  it('are not there where Ferret is switched off', async () => {
    const sink = new MemorySink();
    const { ferret } = build([sink], { enabled: false });
    record(ferret, 3);
    await ferret.flush();
    await ferret.close();
    expect([sink.batches, sink.isClosed, ferret.sinkStats()]).toEqual([[], false, []]);
  });

  it('belong to what makes two Ferrets the same', () => {
    const sink = new MemorySink();
    const options = { shutdownHooks: false, sink: new MemorySink() };
    const first = ferretFor({ ...options, alsoTo: [sink] });
    open.push(first);
    expect(ferretFor({ ...options, alsoTo: [sink] })).toBe(first);
    const another = ferretFor({ ...options, alsoTo: [new MemorySink()] });
    open.push(another);
    expect(another).not.toBe(first);
  });

  it('are refused where they are no sinks', () => {
    const twice = new MemorySink();
    for (const alsoTo of [{}, [{}], [twice, twice]]) {
      expect(() => createFerret({ alsoTo: alsoTo as SpanSink[] })).toThrow(
        /alsoTo got a.*a list of objects with write/,
      );
    }
  });

  it('are refused where one is the store, too: it would be called twice at a time', () => {
    const sink = new MemorySink();
    expect(() => createFerret({ sink, alsoTo: [sink] })).toThrow(/alsoTo.*Give each sink once/);
  });

  it('cannot take spans out of the queue by changing a batch', async () => {
    const sink = new MemorySink((batch) => void (batch.spans as unknown[]).splice(0));
    const { ferret, codes } = build([sink]);
    record(ferret, 3);
    await ferret.flush();
    expect(ferret.sinkStats()).toMatchObject([{ ledger: { started: 3, dropped: { writeFailed: 3 } }, queued: 0 }]);
    expect(codes()).toEqual(['WRITE_FAILED alsoTo[0]']);
  });

  it('are named where they, and not the store, met the deadline of close()', async () => {
    const { ferret, diagnostics } = build([new MemorySink(), new MemorySink(() => new Promise(() => {}))]);
    record(ferret, 1);
    expect(await ferret.close({ timeoutMillis: 50 })).toMatchObject({ complete: false, unwritten: 0 });
    const [{ code, message } = { code: '', message: '' }] = diagnostics;
    expect([code, message]).toEqual(['CLOSE_TIMED_OUT', expect.stringMatching(/longer: alsoTo\[1\] \(see sinkStats/)]);
  });
});

/** Sinks that hold up whoever waits for them. */
const HOSTILE: Readonly<Record<string, () => SpanSink>> = {
  hangs: () => ({ write: () => new Promise(() => {}), close: () => new Promise(() => {}) }),
  'hangs as it is opened': () => ({ open: () => new Promise(() => {}), write: async () => {}, close: async () => {} }),
  'is never available': () => new MemorySink(() => Promise.reject({ code: 'STORE_UNAVAILABLE' })),
  'throws synchronously': () => ({
    write() {
      throw new Error('no');
    },
    close() {
      throw new Error('no');
    },
  }),
};

describe.each(Object.entries(HOSTILE))('a sink beside the store that %s', (_title, create) => {
  it('holds up neither the store nor another sink, loses its own spans only, and ends at the deadline', async () => {
    const other = new MemorySink();
    const { ferret, store } = build([create(), other], { maxQueueSize: 100, batchSize: 10 });
    for (let round = 0; round < 10; round++) {
      record(ferret, 50);
      await ferret.flush();
    }
    expect([store.spans.length, other.spans.length]).toEqual([500, 500]);
    const report = await ferret.close({ timeoutMillis: 100 });
    expect(report).toMatchObject({ unwritten: 0, ledger: { stored: 500, pending: 0 } });
    const [{ ledger } = { ledger: undefined }] = ferret.sinkStats();
    expect(ledger).toMatchObject({ started: 500, pending: 0 });
    const { queueFull, writeFailed } = ledger!.dropped;
    expect(ledger!.stored + queueFull + writeFailed).toBe(500);
    expect(store.isClosed).toBe(true);
  }, 15_000);
});

it('flush() waits a second at most for a sink that hangs, once', async () => {
  vi.useFakeTimers();
  const { ferret } = build([HOSTILE['hangs']!()]);
  record(ferret, 1);
  let isFlushed = false;
  void ferret.flush().then(() => {
    isFlushed = true;
  });
  await vi.advanceTimersByTimeAsync(900);
  expect(isFlushed).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(isFlushed).toBe(true);
  record(ferret, 1);
  await ferret.flush(); // No timer is advanced any more.
});

it('K15: a sink beside the store runs outside of any request, and is deaf to spans of its own', async () => {
  const seen: (Span | undefined)[] = [];
  const sink: SpanSink = {
    open: () => void look(),
    write: async () => look(),
    tick: async () => look(),
    close: async () => look(),
  };
  const look = () => {
    seen.push(currentSpan());
    ferret.measure('my store', () => {});
  };
  const { ferret, store } = build([sink], { batchSize: 1 });
  await ferret.measure('request', async () => {
    ferret.measure('below', () => {});
    await ferret.flush();
  });
  await ferret.close();
  expect(seen.length).toBeGreaterThan(3);
  expect(new Set(seen)).toEqual(new Set([undefined]));
  expect(store.spans.map(({ name }) => name)).toEqual(['below', 'request']);
  expect(ferret.sinkStats()).toMatchObject([{ ledger: { started: 2, stored: 2, pending: 0 } }]);
});
