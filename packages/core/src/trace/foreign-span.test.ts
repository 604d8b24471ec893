import { beforeEach, describe, expect, it } from 'vitest';
import { createFerret } from '../ferret/default-ferret.js';
import type { FerretInstance } from '../ferret/ferret-instance.js';
import { MemorySink } from '../sink/memory-sink.js';
import { unrecorded } from './context.js';
import type { ForeignDescription, ForeignEnd, ForeignStart } from './foreign-span.js';
import type { Span } from './span.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ids = (spanId: string) => ({ traceId: TRACE, spanId });
const NO_NOTES = { attributes: {}, links: [], events: [] };

let sink: MemorySink;
let ferret: FerretInstance;

beforeEach(() => {
  sink = new MemorySink();
  ferret = open();
});

function open(options: object = {}): FerretInstance {
  return createFerret({ sink, shutdownHooks: false, ...options }) as FerretInstance;
}

function start(given: Partial<ForeignStart> = {}, description: ForeignDescription = { attributes: {} }) {
  return ferret.startForeign({ name: 'work', kind: 'internal', describe: () => description, ...given });
}

const end = (given: Partial<ForeignEnd> = {}): ForeignEnd => ({
  name: 'work',
  outcome: 'ok',
  notes: NO_NOTES,
  ...given,
});

async function stored() {
  await ferret.flush();
  return sink.spans;
}

describe('a foreign span', () => {
  it('has the ids, times and fields that the other library gives it', async () => {
    start({ ids: ids('00f067aa0ba902b7'), kind: 'server', startMicros: 1_700_000_000_000_000 })?.finish(
      end({
        name: 'GET /users/:id',
        durationNanos: 12_345_678,
        outcome: 'error',
        errorType: '503',
        httpMethod: 'GET',
        httpRoute: '/users/:id',
        httpStatusCode: 503,
      }),
    );
    expect(await stored()).toMatchObject([
      {
        traceId: TRACE,
        spanId: '00f067aa0ba902b7',
        parentId: undefined,
        isLocalRoot: true,
        kind: 'server',
        startMicros: 1_700_000_000_000_000,
        durationNanos: 12_345_678,
        outcome: 'error',
        errorType: '503',
        httpMethod: 'GET',
        httpRoute: '/users/:id',
        httpStatusCode: 503,
      },
    ]);
  });

  it('is counted, and a part of the statistics', async () => {
    const span = start({ kind: 'server' });
    expect(ferret.stats()).toMatchObject({ started: 1, pending: 1 });
    span?.finish(end({ name: 'GET /a', httpMethod: 'GET', httpRoute: '/a', httpStatusCode: 200 }));
    await stored();
    expect(ferret.stats()).toMatchObject({ started: 1, stored: 1, pending: 0 });
    expect(ferret.metrics()).toMatch(/http_route="\/a"/);
  });

  it('is the parent of foreign spans and of own ones', async () => {
    const root = start({ ids: ids('00f067aa0ba902b7') });
    const child = start({ ids: ids('00f067aa0ba902b8'), parent: root as unknown as Span });
    ferret.start('own', { parent: child as unknown as Span }).end();
    child?.finish(end({ name: 'child' }));
    root?.finish(end({ name: 'root' }));
    expect((await stored()).map(({ name, parentId, isLocalRoot }) => [name, parentId, isLocalRoot])).toEqual([
      ['own', '00f067aa0ba902b8', false],
      ['child', '00f067aa0ba902b7', false],
      ['root', undefined, true],
    ]);
  });

  it('gets ids where it has none, or such as are no ids', async () => {
    start({ ids: { traceId: 'x', spanId: '' } })?.finish(end());
    const parent = ferret.start('above');
    start({ parent })?.finish(end({ name: 'below' }));
    parent.end();
    const [first, below] = await stored();
    expect(first).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), parentId: undefined });
    expect(below).toMatchObject({ traceId: parent.traceId, parentId: parent.spanId, isLocalRoot: false });
  });

  it('continues the trace of another process', async () => {
    const parent = { traceId: TRACE, spanId: '00f067aa0ba902b7', isRemote: true } as const;
    start({ parent, ids: ids('00f067aa0ba902b8') })?.finish(end());
    expect(await stored()).toMatchObject([{ traceId: TRACE, parentId: '00f067aa0ba902b7', isLocalRoot: true }]);
  });

  it('is described when it is kept: redacted, bounded, with links and events', async () => {
    const link = { traceId: TRACE, spanId: '00f067aa0ba902b9', attributes: { password: 'canary' } };
    const description: ForeignDescription = {
      attributes: { a: 1, token: 'canary', complex: { b: [{ c: true }] }, long: 'x'.repeat(100_000) },
      shared: { 'otel.scope.name': 'pg' },
      links: [link],
      events: [{ name: 'retry', time: 1_000.5, attributes: { attempt: 2 } }],
      dropped: { attributes: 1, links: 2, events: 3 },
    };
    start({}, description)?.finish(end({ notes: { attributes: description.attributes, links: [link], events: [1] } }));
    const [span] = await stored();
    expect(span).toMatchObject({
      attributes: {
        a: 1,
        token: 'REDACTED',
        complex: '{"b":[{"c":true}]}',
        'ferret.dropped_attributes': 1,
        'ferret.dropped_links': 2,
        'ferret.dropped_events': 3,
      },
      sharedAttributes: { 'otel.scope.name': 'pg' },
      links: [{ spanId: '00f067aa0ba902b9', attributes: { password: 'REDACTED' } }],
      events: [{ name: 'retry', timeMicros: 1_000_500, attributes: { attempt: 2 } }],
    });
    expect(JSON.stringify(span).length).toBeLessThan(20_000);
  });

  it('ends once, and with nonsense for a duration by the clock', async () => {
    const span = start();
    span?.finish(end({ durationNanos: Number.NaN }));
    span?.finish(end({ name: 'again', durationNanos: -1 }));
    span?.end();
    expect(await stored()).toMatchObject([{ name: 'work', durationNanos: expect.any(Number) }]);
    expect((await stored())[0]?.durationNanos).toBeGreaterThanOrEqual(0);
  });

  it('is interrupted with what it was told so far', async () => {
    start({}, { attributes: { a: 1 }, shared: { b: 2 } });
    await ferret.close();
    expect(sink.spans).toMatchObject([{ outcome: 'interrupted', attributes: { a: 1 }, sharedAttributes: { b: 2 } }]);
  });

  it('is not recorded in a store, below an ignored span, or without a Ferret', () => {
    expect(unrecorded(() => start())).toBeUndefined();
    expect(
      start({ parent: { traceId: TRACE, spanId: '00f067aa0ba902b7', isSuppressed: true } as never }),
    ).toBeUndefined();
    ferret = open({ enabled: false });
    expect(start()).toBeUndefined();
  });

  it('is counted as lost after close()', async () => {
    await ferret.close();
    start()?.finish(end());
    expect(ferret.stats()).toMatchObject({ started: 1, dropped: { closed: 1 } });
  });

  it('is kept or let go with its trace', async () => {
    ferret = open({ maxSpansPerSecond: 4 });
    for (let request = 0; request < 50; request++) {
      const root = start({ kind: 'server' });
      start({ parent: root as unknown as Span })?.finish(end({ name: 'child' }));
      const isAsked = request === 30 ? { 'ferret.keep': true } : {};
      root?.finish(end({ name: 'root', notes: { ...NO_NOTES, attributes: isAsked } }));
    }
    const spans = await stored();
    const roots = spans.filter(({ name }) => name === 'root');
    expect(roots.length).toBeLessThan(20);
    expect(roots.some(({ sampling }) => sampling?.reason === 'asked')).toBe(true);
    expect(spans.filter(({ name }) => name === 'child')).toHaveLength(roots.length);
    expect(ferret.stats()).toMatchObject({ started: 100, stored: spans.length, sampledOut: 100 - spans.length });
  });
});
