import { expect, it } from 'vitest';
import { createFerret } from '../ferret/default-ferret.js';
import type { FerretOptions } from '../ferret/options.js';
import { MemorySink } from '../sink/memory-sink.js';
import { currentSpan, unrecorded } from './context.js';
import type { LinkedSpan, Span, SpanRecord } from './span.js';

const PRODUCER = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) };

async function recorded(work: (span: Span) => void, options: FerretOptions = {}): Promise<SpanRecord> {
  const sink = new MemorySink();
  const ferret = createFerret({ sink, shutdownHooks: false, ...options });
  ferret.measure('work', work);
  await ferret.close();
  return sink.spans[0]!;
}

it('links name other spans, with what came with their ids', async () => {
  const { links } = await recorded((span) => {
    span.addLink(PRODUCER);
    span.addLink({ ...PRODUCER, tracestate: 'a=b', flags: 1, isRemote: true, attributes: { token: 'x', n: [1] } });
    span.addLink({ ...PRODUCER, tracestate: 'not one', flags: 1e9, attributes: {} });
    span.addLink({ ...PRODUCER, tracestate: `a=b,key=ghp_${'a1B2'.repeat(9)}` });
    span.addLink(span);
  });
  expect(links).toEqual([
    PRODUCER,
    { ...PRODUCER, tracestate: 'a=b', flags: 0x301, attributes: { token: 'REDACTED', n: [1] } },
    { ...PRODUCER, flags: 0 },
    PRODUCER,
    { traceId: expect.stringMatching(/^[0-9a-f]{32}$/), spanId: expect.stringMatching(/^[0-9a-f]{16}$/), flags: 0x103 },
  ]);
});

it('may be given at the start', async () => {
  const sink = new MemorySink();
  const ferret = createFerret({ sink, shutdownHooks: false });
  ferret.start('work', { links: [PRODUCER, { ...PRODUCER, attributes: { n: 1 } }] }).end();
  await ferret.close();
  expect(sink.spans[0]?.links).toEqual([PRODUCER, { ...PRODUCER, attributes: { n: 1 } }]);
});

it('events bear the time they are given, or now', async () => {
  const before = Date.now() * 1_000 - 1_000;
  const { events } = await recorded((span) => {
    span.addEvent('retry', { attempt: 2, password: 'x' }, new Date(5));
    span.addEvent('retry', undefined, 6.5);
    for (const time of [Number.NaN, new Date(Number.NaN), Number.MAX_VALUE, 'soon' as never])
      span.addEvent('now', {}, time);
  });
  expect(events?.slice(0, 2)).toEqual([
    { name: 'retry', timeMicros: 5_000, attributes: { attempt: 2, password: 'REDACTED' } },
    { name: 'retry', timeMicros: 6_500 },
  ]);
  for (const { timeMicros } of events?.slice(2) ?? []) expect(timeMicros).toBeGreaterThan(before);
});

it('are copies: what happens to an object later does not matter', async () => {
  const attributes = { n: 1 };
  const { events } = await recorded((span) => {
    span.addEvent('retry', attributes);
    attributes.n = 2;
  });
  expect(events?.[0]?.attributes).toEqual({ n: 1 });
});

it('what is too many, or names no span, is left out and counted', async () => {
  const { links, events, attributes } = await recorded((span) => {
    for (let index = 0; index < 40; index++) span.addLink(PRODUCER).addEvent(`event ${index}`);
    for (const link of [{}, null, { ...PRODUCER, traceId: '0'.repeat(32) }, { ...PRODUCER, spanId: 7 }]) {
      span.addLink(link as unknown as LinkedSpan);
    }
  });
  expect([links?.length, events?.length, events?.at(-1)?.name]).toEqual([32, 32, 'event 31']);
  expect(attributes).toEqual({ 'ferret.dropped_links': 12, 'ferret.dropped_events': 8 });
});

it('have bounds: attributes of their own, cut like those of the span, and one size for all of them', async () => {
  const { events, attributes } = await recorded(
    (span) => {
      span.addEvent('many', { a: 1, b: 2, c: 3 });
      for (let index = 0; index < 31; index++) span.addEvent('long', { a: 'x '.repeat(10_000) });
      span.annotate({ a: 'y '.repeat(10_000) });
    },
    { maxAttributes: 2, maxAttributeLength: 20_000 },
  );
  expect(events?.[0]?.attributes).toEqual({ a: 1, b: 2, 'ferret.dropped_attributes': 1 });
  const size = JSON.stringify(events).length + JSON.stringify(attributes).length;
  expect(size).toBeLessThan(300_000);
  expect(events?.at(-1)?.attributes).toEqual({ 'ferret.dropped_attributes': 1 });
  expect(attributes).toEqual({ 'ferret.dropped_attributes': 1 });
});

it('change nothing after the end, nor where nothing is recorded', async () => {
  const { links, events } = await recorded((span) => {
    span.end();
    span.addLink(PRODUCER).addEvent('late');
    unrecorded(() => currentSpan()?.addLink(PRODUCER).addEvent('nowhere'));
  });
  expect([links, events]).toEqual([undefined, undefined]);
});

class HostileDate extends Date {
  override getTime(): number {
    throw new Error('no');
  }
}

it('throw nothing, whatever they are given', async () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('no');
      },
      ownKeys() {
        throw new Error('no');
      },
    },
  ) as never;
  const { links, events } = await recorded((span) => {
    span.addLink(hostile).addLink({ ...PRODUCER, attributes: hostile });
    span.addEvent('hostile', hostile, hostile);
    span.addEvent('hostile', {}, new HostileDate(5));
  });
  expect([links?.length, events?.length]).toEqual([1, 2]);
  expect(events?.at(-1)?.timeMicros).toBe(5_000);
});
