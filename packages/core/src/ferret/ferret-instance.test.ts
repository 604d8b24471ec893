import { afterEach, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../diagnostics.js';
import { MemorySink } from '../sink/memory-sink.js';
import type { SpanSink } from '../sink/sink.js';
import { currentSpan } from '../trace/context.js';
import type { Span } from '../trace/span.js';
import { createFerret, defaultFerret, ferretFor } from './default-ferret.js';
import type { Ferret } from './ferret.js';
import type { FerretOptions } from './options.js';

const open: Ferret[] = [];
afterEach(() => Promise.all(open.splice(0).map((ferret) => ferret.close())));

function build(options: FerretOptions = {}) {
  const sink = new MemorySink();
  const diagnostics: Diagnostic[] = [];
  const ferret = createFerret({ sink, onDiagnostic: (diagnostic) => diagnostics.push(diagnostic), ...options });
  open.push(ferret);
  const stored = async () => {
    await ferret.flush();
    return sink.spans;
  };
  return { ferret, sink, diagnostics, stored };
}

describe('measure', () => {
  it('returns what the function returns, and stores a span', async () => {
    const { ferret, stored } = build();
    expect(ferret.measure('sum', { terms: 2 }, () => 1 + 1)).toBe(2);
    expect(await stored()).toMatchObject([
      {
        name: 'sum',
        kind: 'internal',
        outcome: 'ok',
        parentId: undefined,
        isLocalRoot: true,
        attributes: { terms: 2 },
      },
    ]);
  });

  it('ends with the promise of an asynchronous function', async () => {
    const { ferret, stored } = build();
    const result = ferret.measure('later', async (span) => {
      await new Promise((resolve) => setImmediate(resolve));
      span.annotate({ done: true });
      return 'value';
    });
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe('value');
    expect(await stored()).toMatchObject([{ name: 'later', attributes: { done: true } }]);
  });

  it('records an error and throws the same on, synchronous or not', async () => {
    class PaymentError extends Error {}
    const error = new PaymentError('declined');
    const { ferret, stored } = build();
    const fail = () => {
      throw error;
    };
    expect(() => ferret.measure('sync', fail)).toThrow(error);
    await expect(ferret.measure('async', async () => fail())).rejects.toBe(error);
    for (const span of await stored()) {
      expect(span).toMatchObject({ outcome: 'error', errorType: 'PaymentError' });
      expect(span.attributes).toMatchObject({ 'exception.type': 'PaymentError', 'exception.message': 'declined' });
      expect(span.attributes['exception.stacktrace']).toContain('declined');
    }
  });

  it('leaves a rejection that nobody handles unhandled', async () => {
    const { ferret } = build();
    const unhandled = new Promise((resolve) => {
      const others = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.once('unhandledRejection', (reason) => {
        for (const listener of others) process.on('unhandledRejection', listener);
        resolve(reason);
      });
    });
    void ferret.measure('forgotten', () => Promise.reject('nobody'));
    expect(await unhandled).toBe('nobody');
  });

  it('leaves generators untouched', async () => {
    const { ferret, stored } = build();
    const numbers = ferret.measure('numbers', function* () {
      yield 1;
      yield 2;
    });
    expect([...numbers]).toEqual([1, 2]);
    expect(await stored()).toHaveLength(1);
  });

  it('runs a query that runs on then, inside the span', async () => {
    const { ferret, stored } = build();
    let spanAtThen: Span | undefined;
    const query = {
      then(resolve: (rows: number[]) => void) {
        spanAtThen = currentSpan();
        resolve([1]);
      },
    };
    expect(await ferret.measure('query', () => query as PromiseLike<number[]>)).toEqual([1]);
    expect(spanAtThen).toBeDefined();
    expect(await stored()).toHaveLength(1);
  });

  it('keeps the class of a promise', () => {
    class Query<T> extends Promise<T> {}
    const { ferret } = build();
    expect(ferret.measure('query', () => Query.resolve(1))).toBeInstanceOf(Query);
  });

  it('is not disturbed by a result whose getter throws', () => {
    const { ferret } = build();
    const hostile = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('no');
      },
    });
    expect(ferret.measure('hostile', () => hostile)).toBe(hostile);
  });
});

describe('the current span', () => {
  it('is there inside and undefined outside', async () => {
    const { ferret } = build();
    expect(currentSpan()).toBeUndefined();
    await ferret.measure('outer', async (span) => {
      expect(currentSpan()).toBe(span);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(currentSpan()).toBe(span);
    });
    expect(currentSpan()).toBeUndefined();
  });

  it('is the parent of spans started in it, across asynchronous code that runs at once', async () => {
    const { ferret, stored } = build();
    const request = (name: string) =>
      ferret.measure(name, async () => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        await ferret.measure(`${name} child`, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          ferret.start(`${name} grandchild`).end();
        });
      });
    await Promise.all(['a', 'b', 'c'].map(request));
    const spans = await stored();
    const byName = new Map(spans.map((span) => [span.name, span]));
    for (const name of ['a', 'b', 'c']) {
      const [root, child, grandchild] = ['', ' child', ' grandchild'].map((suffix) => byName.get(name + suffix));
      expect(child).toMatchObject({ parentId: root?.spanId, traceId: root?.traceId, isLocalRoot: false });
      expect(grandchild).toMatchObject({ parentId: child?.spanId, traceId: root?.traceId });
    }
  });
});

describe('A33: a timer made in a span', () => {
  it('keeps that span as the parent of what it does, unless it starts a trace of its own', async () => {
    const { ferret, sink } = build();
    const work = () =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          ferret.start('refresh').end();
          ferret.start('refresh on its own', { parent: null }).end();
          resolve();
        }, 1);
      });
    // Not waited for: the request is over when the timer fires.
    const { timer } = ferret.measure('request', () => ({ timer: work() }));
    await timer;
    await ferret.flush();
    const [request, refresh, own] = sink.spans;
    expect(refresh).toMatchObject({ name: 'refresh', traceId: request?.traceId, parentId: request?.spanId });
    expect(own).toMatchObject({ name: 'refresh on its own', parentId: undefined });
    expect(own?.traceId).not.toBe(request?.traceId);
  });
});

describe('wrap', () => {
  it('measures every call, with this, arguments, name and length unchanged', async () => {
    const { ferret, stored } = build();
    const shop = {
      tax: 2,
      price: ferret.wrap('price', function price(this: { tax: number }, net: number, count: number) {
        return net * count * this.tax;
      }),
    };
    expect(shop.price(2, 3)).toBe(12);
    expect(shop.price.name).toBe('price');
    expect(shop.price.length).toBe(2);
    expect(await stored()).toMatchObject([{ name: 'price' }]);
  });

  it('names the span after the arguments', async () => {
    const { ferret, stored } = build();
    const load = ferret.wrap(
      (table) => `SELECT ${table}`,
      (table: string) => table.length,
    );
    expect(load('users')).toBe(5);
    expect(await stored()).toMatchObject([{ name: 'SELECT users' }]);
  });

  it('goes on when the naming throws (FAULTS 28)', async () => {
    const { ferret, stored, diagnostics } = build();
    const work = ferret.wrap(
      () => {
        throw new Error('no name');
      },
      function work() {
        return 1;
      },
    );
    expect(work()).toBe(1);
    expect(await stored()).toMatchObject([{ name: 'work' }]);
    expect(diagnostics).toMatchObject([{ code: 'HOOK_FAILED' }]);
  });
});

describe('start', () => {
  it('makes a span that is ended by hand, once', async () => {
    const { ferret, stored } = build();
    const span = ferret.start('manual', { kind: 'client', attributes: { a: 1 } });
    expect(span.isRecording).toBe(true);
    span.annotate({ b: 2 }).rename('renamed').end();
    span.annotate({ c: 3 }).rename('too late').recordError(new Error('late')).end();
    expect(span.isRecording).toBe(false);
    expect(await stored()).toMatchObject([
      { name: 'renamed', kind: 'client', outcome: 'ok', attributes: { a: 1, b: 2 } },
    ]);
    expect((await stored())[0]?.attributes).not.toHaveProperty('c');
  });

  it('works with using', async () => {
    const { ferret, stored } = build();
    {
      using span = ferret.start('block');
      expect(span.isRecording).toBe(true);
    }
    expect(await stored()).toMatchObject([{ name: 'block' }]);
  });

  it('takes anything for a name', async () => {
    const { ferret, stored } = build();
    for (const name of [undefined, null, 5, { a: 1 }, 'x'.repeat(5000), 'Bearer canary'])
      ferret.start(name as string).end();
    expect((await stored()).map((span) => span.name)).toEqual([
      'undefined',
      'null',
      '5',
      '{"a":1}',
      `${'x'.repeat(1023)}…`,
      'Bearer REDACTED',
    ]);
  });

  it('takes the parent it is given, or none', () => {
    const { ferret } = build();
    const parent = ferret.start('parent');
    const child = ferret.start('child', { parent });
    expect(child).toMatchObject({ traceId: parent.traceId, parentId: parent.spanId });
    ferret.measure('around', (around) => {
      expect(ferret.start('orphan', { parent: null }).traceId).not.toBe(around.traceId);
    });
  });

  it('offers the header for the next service', () => {
    const { ferret } = build();
    const span = ferret.start('call');
    expect(span.traceparent).toBe(`00-${span.traceId}-${span.spanId}-03`);
    expect(span.tracestate).toBeUndefined();
  });

  it('keeps nothing but ids once ended', () => {
    const { ferret } = build();
    const span = ferret.start('request', { attributes: { body: 'x'.repeat(100) } });
    span.end();
    ferret.stats(); // Until then, or for 10 ms, it waits to be judged.
    expect(JSON.stringify(span)).not.toContain('xxx');
  });

  it('gives an error that throws when read a span all the same (FAULTS 42)', async () => {
    const { ferret, stored } = build();
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('trap');
      },
    });
    ferret.start('work').recordError(hostile).recordError(null).recordError('text').end();
    expect(await stored()).toMatchObject([{ outcome: 'error', errorType: 'string' }]);
  });
});

describe('a sink that measures its own work', () => {
  const asks: Readonly<Record<string, (ferret: Ferret) => void>> = {
    'and nothing else': () => {},
    'and asks for the ledger': (ferret) => void ferret.stats(),
    'and flushes': (ferret) => void ferret.flush(),
    'with as many spans as are taken at once': (ferret) => {
      for (let i = 0; i < 1_100; i++) ferret.measure('step', () => {});
    },
  };

  it.each(Object.entries(asks))('K15: %s loses none of it', async (_title, ask) => {
    let written = 0;
    const sink = new MemorySink(() => {
      if (written++ > 2) return;
      ferret.measure('my store', () => {});
      ask(ferret);
    });
    const { ferret } = build({ sink, batchSize: 3, maxSpansPerSecond: Infinity });
    for (let i = 0; i < 3; i++) ferret.measure('app', () => {});
    for (let i = 0; i < 5; i++) await ferret.flush();
    expect(written).toBeGreaterThan(0);
    expect(ferret.stats()).toMatchObject({ pending: 0, dropped: { queueFull: 0, writeFailed: 0 } });
    expect(await ferret.close()).toMatchObject({ complete: true, unwritten: 0 });
    expect(sink.spans).toHaveLength(ferret.stats().started);
  });
});

describe('the ledger', () => {
  it('adds up at any moment', async () => {
    const { ferret } = build();
    const openSpan = ferret.start('open');
    ferret.start('ended').end();
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 0, pending: 2 });
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 1, pending: 1 });
    openSpan.end();
    await ferret.close();
    ferret.start('late').end();
    expect(ferret.stats()).toEqual({
      started: 3,
      stored: 2,
      sampledOut: 0,
      folded: 0,
      dropped: { queueFull: 0, writeFailed: 0, closed: 1, tooLarge: 0 },
      spilled: 0,
      pending: 0,
    });
  });
});

describe('close', () => {
  it('is one promise for every caller (FAULTS 23)', async () => {
    const { ferret } = build();
    const closed = ferret.close();
    expect(ferret.close({ timeoutMillis: 1 })).toBe(closed);
    expect(await closed).toMatchObject({ complete: true, unwritten: 0 });
  });

  it('stores what is open as interrupted', async () => {
    const { ferret, sink } = build();
    const span = ferret.start('import');
    await ferret.close();
    expect(sink.spans).toMatchObject([{ name: 'import', outcome: 'interrupted' }]);
    expect(span.isRecording).toBe(false);
  });

  it('waits for a slow store', async () => {
    const sink = new MemorySink(() => new Promise((resolve) => setTimeout(resolve, 200)));
    const { ferret } = build({ sink });
    ferret.start('work').end();
    expect(await ferret.close()).toMatchObject({ complete: true, ledger: { stored: 1 } });
    expect(sink.spans).toHaveLength(1);
  });

  it('returns at its deadline when the store hangs, and says what was not written (FAULTS 15)', async () => {
    const { ferret, diagnostics } = build({ sink: new MemorySink(() => new Promise(() => {})), batchSize: 1 });
    for (let i = 0; i < 3; i++) ferret.start('work').end();
    expect(await ferret.close({ timeoutMillis: 20 })).toMatchObject({ complete: false, unwritten: 3 });
    expect(diagnostics).toMatchObject([{ code: 'CLOSE_TIMED_OUT' }]);
    expect(ferret.stats()).toMatchObject({ started: 3, pending: 0, dropped: { writeFailed: 3 } });
  });

  it('waits for as long as it takes, if it is told to', async () => {
    const { ferret } = build();
    ferret.start('work').end();
    expect(await ferret.close({ timeoutMillis: Number.POSITIVE_INFINITY })).toMatchObject({ complete: true });
  });

  it('lets work go on afterwards, counted and not recorded (FAULTS 24)', async () => {
    const { ferret, sink } = build();
    await ferret.close();
    expect(ferret.measure('late', (span) => span.annotate({ a: 1 }).isRecording)).toBe(false);
    expect(currentSpan()).toBeUndefined();
    await ferret.flush();
    expect(sink.spans).toHaveLength(0);
    expect(ferret.stats().dropped.closed).toBe(1);
  });

  it('leaves no listener behind, over 200 instances (FAULTS 25)', async () => {
    const count = () =>
      ['beforeExit', 'SIGTERM', 'SIGINT'].reduce((sum, event) => sum + process.listenerCount(event), 0);
    const before = count();
    for (let i = 0; i < 200; i++) {
      const ferret = createFerret({ sink: new MemorySink() });
      expect(count()).toBe(before + 3);
      ferret.start('work').end();
      await ferret.close();
    }
    expect(count()).toBe(before);
  });
});

describe('diagnostics', () => {
  it('go to process.emitWarning when nobody else listens', async () => {
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve));
    const sink = new MemorySink(() => {
      throw new Error('disk gone');
    });
    const ferret = createFerret({ sink });
    open.push(ferret);
    ferret.start('work').end();
    await ferret.flush();
    expect(await warned).toMatchObject({ name: 'FerretWarning', code: 'FERRET_WRITE_FAILED' });
  });
});

it('A24: says once what is lost because it is closed', async () => {
  const diagnostics: Diagnostic[] = [];
  const ferret = createFerret({ sink: new MemorySink(), onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
  await ferret.close();
  expect(diagnostics).toEqual([]);
  ferret.measure('late', () => {});
  ferret.measure('later', () => {});
  expect(diagnostics).toMatchObject([{ code: 'CLOSED', message: expect.stringContaining('after close()') }]);
  expect(ferret.stats()).toMatchObject({ started: 2, dropped: { closed: 2 } });
});

describe('the default Ferret', () => {
  it('is one for the process, made of the first options an adapter got', () => {
    const ferret = ferretFor({ sink: new MemorySink(), runId: 'first' });
    open.push(ferret);
    expect(defaultFerret()).toBe(ferret);
    expect(ferretFor(undefined)).toBe(ferret);
    const second = ferretFor({ sink: new MemorySink(), runId: 'second' });
    open.push(second);
    expect(second).not.toBe(ferret);
    expect(ferretFor(second)).toBe(second);
    expect(defaultFerret().runId).toBe('first');
  });

  it('A24: is replaced when an application takes a closed one, with the same options and a diagnostic', async () => {
    const codes: string[] = [];
    const options = {
      sink: new MemorySink(),
      runId: 'again',
      onDiagnostic: ({ code }: Diagnostic) => codes.push(code),
    };
    const first = ferretFor({ ...options });
    open.push(first);
    await defaultFerret().close();
    await defaultFerret().close();
    expect(codes).toEqual([]);
    const second = ferretFor(undefined);
    open.push(second);
    expect([second === first, second.runId, defaultFerret() === second]).toEqual([false, 'again', true]);
    expect(codes).toEqual(['DEFAULT_REPLACED']);
    second.measure('a', () => {});
    await second.flush();
    expect(second.stats()).toMatchObject({ stored: 1, dropped: { closed: 0 } });
  });

  it('refuses an instance that Ferret did not make', () => {
    expect(() => ferretFor({ measure() {} } as never)).toThrow(/createFerret/);
  });
});

it('K15: a store runs outside of any request, and what it measures itself is not recorded', async () => {
  const seen: unknown[] = [];
  const look = async () => {
    seen.push(currentSpan());
    instance.measure('my store', (span) => seen.push(span.isRecording));
    await instance.measure('my store', async () => {});
  };
  const sink: SpanSink & MemorySink = Object.assign(new MemorySink(look), { open: look, tick: look });
  const instance = createFerret({ sink, batchSize: 1, maxSpansPerSecond: Infinity, shutdownHooks: false });
  await instance.measure('request', async () => {
    instance.measure('work', () => {});
    await instance.flush();
  });
  const { ledger, complete } = await instance.close();
  expect(seen.length).toBeGreaterThan(6);
  expect(new Set(seen)).toEqual(new Set([undefined, false]));
  expect(sink.spans.map(({ name }) => name).sort()).toEqual(['request', 'work']);
  expect([complete, ledger.started, ledger.stored, ledger.pending]).toEqual([true, 2, 2, 0]);
});
