import { createFerret, currentSpan } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { ferret } from '@ferretjs/express';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { request } from '../contract/exchange.js';
import { servePair } from './pair.js';

/** Serves one request whose handler annotates its span, and returns the attributes that are stored. */
async function stored(annotate: (body: Record<string, unknown>) => void, body = '{}') {
  const { exchange, rows } = await servePair((instance) => {
    const app = express();
    if (instance !== undefined) app.use(ferret(instance));
    app.use(express.json());
    app.post('/', (request, response) => {
      annotate(request.body);
      response.send('done');
    });
    return app;
  });
  expect(await exchange(request('POST', '/', { body }))).toContain('HTTP/1.1 200 OK');
  const [row] = await rows(1);
  return row?.attributes ?? {};
}

function nested(depth: number): unknown {
  let value: unknown = 'the bottom';
  for (let level = 0; level < depth; level++) value = { deeper: value };
  return value;
}

const LARGE = {
  'a 10 MB text': { text: 'x'.repeat(10_000_000) },
  'a 10 MB text of words': { text: 'key: value '.repeat(900_000) },
  '1,000 attributes': Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`attribute${index}`, index])),
  'depth 10,000': { deep: nested(10_000) },
  'a list of 1,000,000': { list: Array.from({ length: 1_000_000 }, (_, index) => index) },
};

describe('large attributes', () => {
  it('41 a. are cut, and marked as cut', async () => {
    const attributes = await stored(() => {
      currentSpan()?.annotate({
        long: LARGE['a 10 MB text'].text,
        ...LARGE['depth 10,000'],
        list: Array(200).fill('x'),
      });
      currentSpan()?.annotate(LARGE['1,000 attributes']);
    });
    expect(attributes['long']).toBe(`${'x'.repeat(1023)}…`);
    expect(attributes['deep']).toBe('{"deeper":{"deeper":{"deeper":{"deeper":[…]}}}}');
    expect((attributes['list'] as string[]).at(-1)).toBe('…');
    expect(Object.keys(attributes).length).toBeLessThanOrEqual(140);
    expect(attributes['ferret.dropped_attributes']).toBeGreaterThan(870);
  });

  it.each(Object.entries(LARGE))('41 b. of %s take less than 1 ms of the request', async (_what, attributes) => {
    const sink = new MemorySink();
    const instance = createFerret({ sink, shutdownHooks: false });
    const millis = Array.from({ length: 50 }, () => {
      const span = instance.start('work');
      const before = performance.now();
      span.annotate(attributes);
      span.end();
      return performance.now() - before;
    });
    // The best of many: what the machine does besides is not the attributes' cost.
    expect(Math.min(...millis)).toBeLessThan(1);
    await instance.close();
  });
});

describe('odd values', () => {
  it('42. are a placeholder, and never an error', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    const circular: Record<string, unknown> = { name: 'circle' };
    circular['self'] = circular;
    const hostile = new Proxy({}, { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom });
    const attributes = await stored(() =>
      currentSpan()
        ?.annotate({
          circular,
          toJSON: { toJSON: boom },
          toString: { toString: boom, [Symbol.toPrimitive]: boom },
          proxy: hostile,
          proxies: [hostile, new Proxy([], { get: boom })],
          getter: Object.defineProperty({}, 'x', { enumerable: true, get: boom }),
          bigint: 10n ** 30n,
          huge: 10n ** 100_000n,
          symbol: Symbol('here'),
          nan: Number.NaN,
          infinity: Number.NEGATIVE_INFINITY,
          function: function named() {},
          date: new Date(Number.NaN),
          nothing: undefined,
          null: null,
        })
        .annotate(hostile as never)
        .annotate(null as never)
        .annotate('text' as never)
        .recordError(hostile)
        .rename(hostile as never),
    );
    expect(attributes).toMatchObject({
      circular: '{"name":"circle","self":[Circular]}',
      toJSON: '[Unreadable]',
      proxy: '[Unreadable]',
      getter: '{"x":"[Unreadable]"}',
      bigint: `1${'0'.repeat(30)}`,
      huge: '[BigInt]',
      symbol: 'Symbol(here)',
      nan: 'NaN',
      infinity: '-Infinity',
      function: '[Function named]',
      date: 'Invalid Date',
    });
    expect(attributes).not.toHaveProperty('nothing');
    expect(attributes).not.toHaveProperty('null');
  });

  it('43. named as members of Object.prototype are data only', async () => {
    const before = Reflect.ownKeys(Object.prototype);
    const attributes = await stored(
      (body) => currentSpan()?.annotate(body),
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"x","hasOwnProperty":1}',
    );
    expect(Object.entries(attributes)).toEqual(
      expect.arrayContaining([
        ['__proto__', '{"polluted":true}'],
        ['constructor', '{"prototype":{"polluted":true}}'],
        ['toString', 'x'],
        ['hasOwnProperty', 1],
      ]),
    );
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('44. that are changed after annotate are stored as they were at the call', async () => {
    const attributes = await stored(() => {
      const object = { state: 'early', list: ['early'] };
      const list = ['early'];
      const given: Record<string, unknown> = { object, list, text: 'early' };
      currentSpan()?.annotate(given);
      object.state = 'late';
      object.list.push('late');
      list[0] = 'late';
      given['text'] = 'late';
      given['more'] = 'late';
    });
    expect(attributes).toMatchObject({
      object: '{"state":"early","list":["early"]}',
      list: ['early'],
      text: 'early',
    });
    expect(JSON.stringify(attributes)).not.toContain('late');
  });
});
