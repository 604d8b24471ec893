import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemorySink } from '../sink/memory-sink.js';
import { continueTrace } from '../trace/carrier.js';
import { currentSpan, runWith, spanStorage, unrecorded } from '../trace/context.js';
import type { Span } from '../trace/span.js';
import { createFerret } from './default-ferret.js';
import type { Ferret } from './ferret.js';
import { startChild, startLeaf, startLeafSince, startSpan } from './instrumentation.js';
import type { FerretOptions } from './options.js';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const REMOTE = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

/** Values that instrumentations may take for a span. */
const NO_SPANS = {
  null: null,
  'a text': 'span',
  'an empty object': {},
  'a span of OpenTelemetry': { spanContext: () => ({}) },
  'an object with other ids': { traceId: 'x', spanId: 7 },
  'a proxy that throws': new Proxy(
    {},
    {
      get() {
        throw new Error('no');
      },
      has() {
        throw new Error('no');
      },
    },
  ),
};

let sink: MemorySink;
let ferret: Ferret;

function begin(options: FerretOptions = {}): void {
  sink = new MemorySink();
  ferret = createFerret({ sink, shutdownHooks: false, maxSpansPerSecond: Number.POSITIVE_INFINITY, ...options });
}

beforeEach(() => begin());

afterEach(async () => {
  await ferret.close();
});

async function spans() {
  await ferret.flush();
  return sink.spans;
}

describe('a child', () => {
  it('is below the current span, and there is none without one', async () => {
    expect(startChild('Orders.list')).toBeUndefined();
    expect(unrecorded(() => startChild('Orders.list'))).toBeUndefined();
    ferret.measure('GET /', () => {
      const child = startChild('Orders.list', 'client', { a: 1 });
      if (child !== undefined) runWith(child, () => startChild('Orders.load')?.end());
      child?.end();
    });
    const [load, list, request] = await spans();
    expect(list).toMatchObject({ name: 'Orders.list', kind: 'client', attributes: { a: 1 } });
    expect([load?.parentId, list?.parentId]).toEqual([list?.spanId, request?.spanId]);
  });
});

describe('a leaf', () => {
  it('may have begun before it was worth one', async () => {
    const startedAt = performance.now() - 1_000;
    expect(startLeafSince(startedAt, 'Guard.canActivate', 'internal')).toBeUndefined();
    ferret.measure('GET /', () => startLeafSince(startedAt, 'Guard.canActivate', 'internal')?.end());
    const [leaf, request] = await spans();
    expect(leaf?.durationNanos).toBeGreaterThanOrEqual(1e9);
    expect((request?.startMicros ?? 0) - (leaf?.startMicros ?? 0)).toBeGreaterThan(900_000);
  });

  it('is a child of the current span, which stays the current one', async () => {
    let request: Span | undefined;
    ferret.measure('GET /', (span) => {
      request = span;
      const leaf = startLeaf('SELECT users', 'client', { 'db.system.name': 'sqlite' });
      expect(currentSpan()).toBe(span);
      leaf?.end({ 'db.response.returned_rows': 3 });
    });
    expect(await spans()).toMatchObject([
      {
        name: 'SELECT users',
        kind: 'client',
        traceId: request?.traceId,
        parentId: request?.spanId,
        isLocalRoot: false,
        outcome: 'ok',
        attributes: { 'db.system.name': 'sqlite', 'db.response.returned_rows': 3 },
      },
      { name: 'GET /' },
    ]);
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 2, pending: 0 });
  });

  it('that fails keeps the error, and ends once', async () => {
    ferret.measure('GET /', () => {
      const leaf = startLeaf('SELECT users', 'client');
      leaf?.fail(new TypeError('no such table'));
      leaf?.end({ late: 1 });
      leaf?.annotate({ late: 1 }).rename('late').addEvent('late').recordError(new Error('late'));
      expect(leaf?.isRecording).toBe(false);
    });
    const [leaf] = await spans();
    expect(leaf).toMatchObject({ name: 'SELECT users', outcome: 'error', errorType: 'TypeError' });
    expect(Object.keys(leaf!.attributes)).toEqual(['exception.type', 'exception.message', 'exception.stacktrace']);
    expect([leaf?.events, sink.spans.length]).toEqual([undefined, 2]);
  });

  it('fails for a reason that is no exception, too', async () => {
    ferret.measure('GET /', () => {
      const leaf = startLeaf('GET', 'client');
      leaf?.failAs('503', { 'http.response.status_code': 503 });
      leaf?.failAs('404');
    });
    const [leaf] = await spans();
    expect(leaf).toMatchObject({
      outcome: 'error',
      errorType: '503',
      attributes: { 'http.response.status_code': 503 },
    });
    expect(leaf?.attributes).not.toHaveProperty('exception.type');
  });

  it('is redacted, cut and counted like any span', async () => {
    begin({ maxAttributes: 3, maxAttributeLength: 16 });
    ferret.measure('GET /', () => {
      startLeaf('SELECT users', 'client', { password: 'x', text: 'a b '.repeat(10_000) })
        ?.annotate({ text: 'c d '.repeat(10) })
        .annotate({ one: 1 })
        .end({ two: 2, three: 3 });
    });
    expect((await spans())[0]?.attributes).toEqual({
      password: 'REDACTED',
      text: 'c d c d c d c d…',
      one: 1,
      'ferret.dropped_attributes': 2,
    });
  });

  it('has what the next service needs to know', async () => {
    await ferret.measure('GET /', async (span) => {
      const leaf = startLeaf('GET', 'client');
      expect(leaf?.traceparent).toBe(`00-${span.traceId}-${leaf?.spanId}-03`);
      expect([leaf?.parentId, leaf?.tracestate]).toEqual([span.spanId, undefined]);
      leaf?.end();
    });
  });

  it('may have links, events, and even children', async () => {
    ferret.measure('GET /', () => {
      using leaf = startLeaf('publish', 'producer')!;
      leaf.addLink(REMOTE).addEvent('retry');
      runWith(leaf, () => startLeaf('INSERT', 'client')?.end());
    });
    const [insert, publish] = await spans();
    expect(publish).toMatchObject({ name: 'publish', links: [REMOTE], events: [{ name: 'retry' }] });
    expect(insert).toMatchObject({ name: 'INSERT', parentId: publish?.spanId });
  });

  it('is nothing where there is nothing to belong to, or nothing is recorded', async () => {
    expect(startLeaf('SELECT', 'client')).toBe(undefined);
    ferret.measure('GET /', () => unrecorded(() => expect(startLeaf('SELECT', 'client')).toBe(undefined)));
    const off = createFerret({ enabled: false });
    off.measure('GET /', () => expect(startLeaf('SELECT', 'client')).toBe(undefined));
    expect((await spans()).length).toBe(1);
  });

  it('is counted after close(), and not recorded', async () => {
    const request = ferret.start('GET /');
    await ferret.close();
    expect(runWith(request, () => startLeaf('SELECT', 'client'))).toBe(undefined);
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 1, dropped: { closed: 1 }, pending: 0 });
  });

  it('that is open when its Ferret is closed is interrupted', async () => {
    ferret.measure('GET /', () => startLeaf('SELECT', 'client', { text: 'SELECT 1' }));
    await ferret.close();
    expect(sink.spans.at(-1)).toMatchObject({
      name: 'SELECT',
      outcome: 'interrupted',
      attributes: { text: 'SELECT 1' },
    });
  });

  it('is sampled and folded with its trace', async () => {
    begin({ maxSpansPerSecond: 100, ceilingSpansPerSecond: 200 });
    for (let request = 0; request < 50; request++) {
      ferret.measure('GET /', () => {
        for (let index = 0; index < 100; index++)
          startLeaf('SELECT', 'client', { index, text: 'x'.repeat(10_000) })?.end();
      });
    }
    await ferret.close();
    const { started, stored, sampledOut, folded, pending } = ferret.stats();
    expect([started, pending]).toEqual([5_050, 0]);
    expect(stored + sampledOut + folded).toBe(started);
    expect(sampledOut).toBeGreaterThan(0);
    expect(sink.spans.length).toBe(stored);
    for (const { traceId } of sink.spans.filter(({ name }) => name === 'SELECT').slice(0, 20)) {
      expect(sink.spans.some((span) => span.traceId === traceId && span.name === 'GET /')).toBe(true);
    }
  });

  it('works from a diagnostics channel', async () => {
    interface Query {
      leaf?: ReturnType<typeof startLeaf>;
      error?: unknown;
    }
    const channel = tracingChannel<string, Query>('ferret-test:query');
    const subscribers = {
      start(query: Query) {
        query.leaf = startLeaf('SELECT', 'client');
      },
      end() {},
      asyncStart() {},
      asyncEnd: ({ leaf }: Query) => leaf?.end(),
      error: ({ leaf, error }: Query) => leaf?.fail(error),
    };
    channel.subscribe(subscribers);
    await ferret.measure('GET /', async () => {
      await channel.tracePromise(async () => 1, {});
      await channel.tracePromise(async () => Promise.reject(new Error('no')), {}).catch(() => {});
    });
    channel.unsubscribe(subscribers);
    expect((await spans()).map(({ name, outcome }) => [name, outcome])).toEqual([
      ['SELECT', 'ok'],
      ['SELECT', 'error'],
      ['GET /', 'ok'],
    ]);
  });

  it('ends with the stack full, too', async () => {
    ferret.measure('GET /', () => {
      const leaf = startLeaf('SELECT', 'client')!;
      const endDeep = (): void => {
        try {
          endDeep();
        } catch {
          leaf.end();
        }
      };
      endDeep();
    });
    expect((await spans()).map(({ name }) => name).sort()).toEqual(['GET /', 'SELECT']);
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 2 });
  });

  it('is none where the stack is full before it is made', () => {
    const getStore = vi.spyOn(spanStorage, 'getStore').mockImplementation(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    expect(startLeaf('SELECT', 'client')).toBe(undefined);
    getStore.mockRestore();
  });
});

describe('a span of an instrumentation', () => {
  it('belongs to the Ferret of the current span, and is current inside runWith', async () => {
    ferret.measure('GET /', (request) => {
      const span = startSpan('transaction', { kind: 'client', attributes: { n: 1 } });
      expect(currentSpan()).toBe(request);
      expect(
        runWith(
          span,
          (...words: string[]) => {
            startLeaf('COMMIT', 'client')?.end();
            return words.join();
          },
          'a',
          'b',
        ),
      ).toBe('a,b');
      span.end();
    });
    const [leaf, transaction, request] = await spans();
    expect(leaf).toMatchObject({ name: 'COMMIT', parentId: transaction?.spanId });
    expect(transaction).toMatchObject({ parentId: request?.spanId, kind: 'client', attributes: { n: 1 } });
  });

  it('does nothing where nothing is recorded, whatever parent it is given', async () => {
    unrecorded(() => {
      for (const parent of [undefined, null, { ...REMOTE, isRemote: true as const }]) {
        expect(startSpan('work', { ...(parent !== undefined && { parent }) }).isRecording).toBe(false);
        expect(ferret.start('work', { ...(parent !== undefined && { parent }) }).isRecording).toBe(false);
      }
    });
    expect(ferret.stats().started).toBe(0);
  });

  it('belongs to the Ferret of the current span where its parent is of another process', async () => {
    ferret.measure('poll', () => startSpan('process', continueTrace({ traceparent: TRACEPARENT }, 'continue')).end());
    expect((await spans()).map(({ name, traceId }) => [name, traceId === REMOTE.traceId])).toEqual([
      ['process', true],
      ['poll', false],
    ]);
  });

  it.each(Object.entries(NO_SPANS))('counts as none where it is not of Ferret: %s', async (_, given) => {
    const foreign = given as Span;
    runWith(foreign, () => {
      expect(currentSpan()).toBe(undefined);
      expect(startLeaf('SELECT users', 'client')).toBe(undefined);
      ferret.measure('work', () => {});
    });
    ferret.start('child', { parent: foreign }).end();
    ferret.measure('request', () => startSpan('child', { parent: foreign }).end());
    const recorded = await spans();
    expect(recorded.map(({ name }) => name)).toEqual(['work', 'child', 'child', 'request']);
    expect(recorded.map(({ parentId }) => parentId)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('is internal where its kind is none: one that no store knows would hold up its statistics', async () => {
    for (const kind of [2, 'CLIENT', null, 'toString'] as never[]) {
      ferret.measure('GET /', () => startLeaf('SELECT', kind)?.end());
      startSpan('work', { parent: ferret.start('parent', { kind }), kind }).end();
    }
    await ferret.close();
    expect(new Set(sink.spans.map(({ kind }) => kind))).toEqual(new Set(['internal']));
  });

  it('may be run outside of any span', () => {
    ferret.measure('GET /', () => runWith(undefined, () => expect(currentSpan()).toBe(undefined)));
  });
});

describe('a consumer', () => {
  const consume = (...parameters: Parameters<typeof continueTrace>) =>
    ferret.start('process', { kind: 'consumer', ...continueTrace(...parameters) }).end();

  it.each([
    ['an object', { traceparent: TRACEPARENT, tracestate: 'a=b' }],
    [
      'a map',
      new Map([
        ['traceparent', TRACEPARENT],
        ['tracestate', 'a=b'],
      ]),
    ],
    ['headers', new Headers({ traceparent: TRACEPARENT, tracestate: 'a=b' })],
    ['bytes', { traceparent: Buffer.from(TRACEPARENT), tracestate: [Buffer.from('a=b')] }],
  ])('begins a trace that is linked to the producer: %s', async (_, carrier) => {
    ferret.measure('poll', () => consume(carrier));
    const [span] = await spans();
    expect(span).toMatchObject({ isLocalRoot: true, links: [{ ...REMOTE, tracestate: 'a=b', flags: 0x301 }] });
    expect([span?.parentId, span?.traceId === REMOTE.traceId]).toEqual([undefined, false]);
  });

  it('continues the trace where it says so', async () => {
    consume({ traceparent: TRACEPARENT, tracestate: 'a=b' }, 'continue');
    const [span] = await spans();
    expect(span).toMatchObject({ traceId: REMOTE.traceId, parentId: REMOTE.spanId, isLocalRoot: true });
    expect(span?.links).toBe(undefined);
  });

  it.each([
    undefined,
    {},
    { traceparent: 'nonsense' },
    { traceparent: 7 },
    {
      get() {
        throw new Error('no');
      },
    },
  ])('begins a trace without a link where nothing valid came: %o', async (carrier) => {
    for (const how of ['link', 'continue'] as const) consume(carrier, how);
    for (const span of await spans()) expect([span.parentId, span.links]).toEqual([undefined, undefined]);
    expect(sink.spans.length).toBe(2);
  });

  it('does not read megabytes of a message for its headers', () => {
    const bytes = Buffer.alloc(20_000, 'a');
    const read = vi.spyOn(Buffer, 'from');
    expect(continueTrace({ traceparent: bytes })).toEqual({ parent: null });
    expect(continueTrace({ traceparent: TRACEPARENT, tracestate: bytes }).links).toMatchObject([
      { ...REMOTE, tracestate: undefined },
    ]);
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
  });

  it('has a trace of its own where the ids of its parent are none', async () => {
    ferret.start('process', { parent: { traceId: 'x', spanId: 'y', isRemote: true } }).end();
    expect((await spans())[0]).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), parentId: undefined });
  });
});
