import type { Ferret, Span } from '@ferretjs/core';
import { currentSpan } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express from 'express';
import { describe, expect, it, vi } from 'vitest';
import { request } from '../contract/exchange.js';
import { query } from '../database.js';
import { servePair } from './pair.js';

function build(instance: Ferret | undefined) {
  const app = express();
  if (instance !== undefined) app.use(ferret(instance));
  app.use((request, _response, next) => {
    currentSpan()?.annotate({ lone: 'a\ud800b', 'odd\udc00': 'c\0d', url: request.url, agent: request.headers });
    next();
  });
  app.get('/plain', (_request, response) => void response.send('plain'));
  app.get('/users/:id', (request, response) => void response.json({ id: request.params.id }));
  app.use(((_error, _request, response, _next) => void response.status(400).end()) as express.ErrorRequestHandler);
  return app;
}

/** A byte a character. */
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('malformed requests', () => {
  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400],
    ['an unknown method', request('FROBNICATE', '/plain'), 400],
    ['another version', request('GET', '/plain').replace('HTTP/1.1', 'HTTP/9.9'), 400],
    ['no Host header', 'GET /plain HTTP/1.1\r\n\r\n', 400],
    ['a NUL in the path', request('GET', '/pl\0ain'), 400],
    ['invalid UTF-8 in the path', request('GET', '/users/\xff\xfe\xc0\xaf'), 400],
    ['a NUL in a header', request('GET', '/plain', { headers: { 'X-Nul': 'a\0b' } }), 400],
    ['17 KB of headers', request('GET', '/plain', { headers: { 'X-Large': 'x'.repeat(17 * 1024) } }), 431],
    ['two lengths', 'POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400],
  ])('37 a. with %s are refused by Node, and are no row', async (_what, sent, status) => {
    const { exchange, rows } = await servePair(build);
    expect(await exchange(bytes(sent))).toContain(`HTTP/1.1 ${status} `);
    await rows(0);
  });

  const agent = (value: string) => ({ headers: { 'User-Agent': value } });
  it.each([
    ['15 KB of headers', request('GET', '/plain', { headers: { 'X-Large': 'x'.repeat(15 * 1024) } }), 200, '/plain'],
    ['500 headers', request('GET', '/plain', { headers: manyHeaders(500) }), 200, '/plain'],
    ['invalid UTF-8 in the path, escaped', request('GET', '/users/%ff%c0%af'), 400, '/users/%ff%c0%af'],
    ['a surrogate in the path', request('GET', '/users/%ED%A0%80'), 400, '/users/%ED%A0%80'],
    ['a bad % in the path', request('GET', '/users/%zz%'), 400, '/users/%zz%'],
    ['a NUL in the path, escaped', request('GET', '/users/%00'), 200, '/users/%00'],
    ['a bad % in the query', request('GET', '/plain?%=%zz&%ff=%c0%af&a[b=%00'), 200, '/plain'],
    ['invalid UTF-8 in the user agent', request('GET', '/plain', agent('\xff\x9b\xc3(')), 200, '/plain'],
    ['a path with its authority', request('GET', 'http://u:p@host.test/plain?a=1'), 200, '/plain'],
    ['a host that is none', request('GET', '/plain', { headers: { Host: '[::g]:99999 "' } }), 200, '/plain'],
  ])('37 b. with %s are a row that any reader can read', async (_what, sent, status, path) => {
    const { database, exchange, rows } = await servePair(build);
    expect(await exchange(bytes(sent))).toContain(`HTTP/1.1 ${status} `);
    const [row] = await rows(1);
    expect(row).toMatchObject({ http_status_code: status, outcome: 'ok' });
    expect(row?.attributes).toMatchObject({ 'url.path': path, lone: 'a\ufffdb', 'odd\ufffd': 'c\ufffdd' });
    const [stored] = await query<{ bytes: Buffer }>(
      database,
      'SELECT CAST(attributes AS BLOB) AS bytes FROM ferret_spans_v1',
    );
    expect(new TextDecoder('utf-8', { fatal: true }).decode(stored?.bytes)).not.toMatch(/\0|\\u0000/);
  });
});

describe('trace context', () => {
  const TRACE = 'ab'.repeat(16);
  const PARENT = 'cd'.repeat(8);
  const traceparent = (flags = '01', version = '00') => `${version}-${TRACE}-${PARENT}-${flags}`;

  /** Sends requests, and returns what each would have sent on, and its row. */
  async function trace(...headers: readonly Record<string, string>[]) {
    const sentOn: Pick<Span, 'traceId' | 'traceparent' | 'tracestate'>[] = [];
    const pair = await servePair((instance) => {
      const app = express();
      if (instance !== undefined) app.use(ferret(instance));
      app.get('/plain', (_request, response) => {
        const span = currentSpan();
        if (span !== undefined) sentOn.push(span);
        response.send('plain');
      });
      return app;
    });
    await pair.exchange(
      headers
        .map((each, index) => request('GET', '/plain', { headers: each, last: index === headers.length - 1 }))
        .join(''),
    );
    return { rows: await pair.rows(headers.length), sentOn };
  }

  it.each([
    ['malformed', { traceparent: traceparent().toUpperCase() }],
    ['of no trace', { traceparent: `00-${'0'.repeat(32)}-${PARENT}-01` }],
    ['of version ff', { traceparent: traceparent('01', 'ff') }],
    ['duplicated', { traceparent: repeated('traceparent', traceparent(), traceparent()) }],
    [
      'duplicated, of a higher version',
      { traceparent: repeated('traceparent', traceparent('01', '01'), traceparent()) },
    ],
    ['of 8 KB', { traceparent: `01-${TRACE}-${PARENT}-01-${'x'.repeat(8192)}` }],
    ['of 8 KB of hyphens', { traceparent: '-'.repeat(8192) }],
  ])('38 a. whose traceparent is %s begins anew, and drops the state', async (_what, headers) => {
    const { rows, sentOn } = await trace({ ...headers, tracestate: 'vendor=x' });
    expect(rows[0]).toMatchObject({ parent_id: null, outcome: 'ok' });
    expect(rows[0]?.trace_id).not.toBe(TRACE);
    expect(sentOn[0]?.traceparent).toBe(`00-${rows[0]?.trace_id}-${rows[0]?.span_id}-03`);
    expect(sentOn[0]?.tracestate).toBeUndefined();
  });

  const members = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=v`).join(',');
  it.each([
    ['of 32 members is passed on', { tracestate: members(32) }, members(32)],
    ['in two headers is passed on', { tracestate: repeated('tracestate', 'a=1', 'b=2') }, 'a=1, b=2'],
    ['of 33 members is dropped', { tracestate: members(33) }, undefined],
    ['of 8 KB without a member is dropped', { tracestate: ','.repeat(8192) }, undefined],
    ['that is malformed is dropped', { tracestate: 'a' }, undefined],
  ])('38 b. whose tracestate %s, and the trace continued', async (_what, headers, tracestate) => {
    const { rows, sentOn } = await trace({ ...headers, traceparent: traceparent() });
    expect(rows[0]).toMatchObject({ trace_id: TRACE, parent_id: PARENT });
    expect(sentOn[0]?.tracestate).toBe(tracestate);
  });

  it('38 c. with 200 baggage headers is continued, and the baggage left alone', async () => {
    const members = Array.from({ length: 200 }, (_, index) => `k${index}=v`);
    const { rows } = await trace({ baggage: repeated('baggage', ...members), traceparent: traceparent() });
    expect(rows[0]).toMatchObject({ trace_id: TRACE, parent_id: PARENT });
    expect(JSON.stringify(rows)).not.toContain('baggage');
  });

  it('39 a. that says sampled, or not, decides nothing but the flags that are sent on', async () => {
    const FLAGS = ['00', '01', '02', 'fe', 'ff'];
    const count = 1_000;
    const { rows, sentOn } = await trace(
      ...Array.from({ length: count }, (_, index) => ({ traceparent: traceparent(FLAGS[index % FLAGS.length]) })),
    );
    expect(rows).toHaveLength(count);
    for (const flags of FLAGS) {
      // Sampled and random; the others are not known.
      const known = Number.parseInt(flags, 16) & 3;
      const index = FLAGS.indexOf(flags);
      const passedOn = new Set(
        sentOn.filter((_, at) => at % FLAGS.length === index).map((span) => span.traceparent.slice(-2)),
      );
      expect(passedOn).toEqual(new Set([`0${known}`]));
    }
  });

  it.each([
    ['traces', 0, (index: number) => index.toString(16).padStart(32, '1')],
    // The requests of one trace are kept or let go together, but no more than a trace may have.
    ['requests of one trace', 512, () => TRACE],
  ])(
    '39 b. that says sampled a thousand times does not get more %s kept than the budget allows',
    async (_what, together, traceId) => {
      const budget = 20;
      const options = { maxSpansPerSecond: budget, keepSlowerThanMillis: 60_000 };
      const { ferret, database, exchange } = await servePair(build, options);
      const count = 1_000;
      const began = performance.now();
      await exchange(
        Array.from({ length: count }, (_, index) => {
          const headers = { traceparent: `00-${traceId(index)}-${PARENT}-01` };
          return request('GET', '/plain', { headers, last: index === count - 1 });
        }).join(''),
      );
      await vi.waitFor(() => expect(ferret.stats()).toMatchObject({ started: count }));
      await ferret.close();
      const { stored, sampledOut } = ferret.stats();
      expect(stored + sampledOut).toBe(count);
      expect(stored).toBeGreaterThan(0);
      // Many times the budget would still be far from all.
      expect(stored).toBeLessThan(budget * (2 + (performance.now() - began) / 1000) * 3 + together);
      expect(await query(database, 'SELECT sum(count) AS count FROM ferret_routes_v1')).toEqual([{ count }]);
    },
  );
});

/** A header's value that ends it, and begins the same header again. */
function repeated(name: string, ...values: readonly string[]): string {
  return values.join(`\r\n${name}: `);
}

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']));
}
