import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createFerret } from '@ferretjs/core';
import { ferret as forExpress } from '@ferretjs/express';
import { ferret as forKoa } from '@ferretjs/koa';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFile } from '../child.js';
import { send } from '../traffic.js';
import { parseExposition } from './exposition-format.js';

const DURATION = 'http_server_request_duration_seconds';

function create() {
  const ferret = createFerret({ database: temporaryFile(), shutdownHooks: false, maxSpansPerSecond: 10 });
  onTestFinished(() => void ferret.close());
  return ferret;
}

/**
 * Checks with a reader of our own, and with Prometheus's where the machine has it (`apt-get install prometheus`);
 * elsewhere our own reader checks everything.
 */
function check(text: string) {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error === undefined) expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: '', stderr: '' });
  return parseExposition(text);
}

const ROUTES = [
  '/plain',
  'a"} 1\nevil_metric 2',
  '\\',
  'back\\nslash',
  '\u0000\r\u2028',
  '\ud800',
  '{{}},le="1"',
  '💥',
  '# TYPE x counter',
  'x'.repeat(5_000),
];

describe('what an application serves at /metrics', () => {
  it('is in order, exact whatever is sampled, and says what became of the spans', async () => {
    const ferret = create();
    const app = express();
    app.use(forExpress(ferret));
    app.get('/metrics', (_request, response) => void response.type('text/plain').send(ferret.metrics()));
    app.get('/users/:id', (request, response) => void response.status(request.params.id === '7' ? 404 : 200).end());
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await send(
      port,
      Array.from({ length: 500 }, (_, index) => `/users/${index}`),
      4,
    );
    await ferret.flush();
    const [answer] = await send(port, ['/metrics'], 1);
    server.close();
    const families = check(answer!.body);
    const samples = families.flatMap((family) => family.samples);
    const counts = samples.filter(({ name }) => name === `${DURATION}_count`);
    const labels = { http_request_method: 'GET', http_route: '/users/:id' };
    expect(counts).toEqual([
      { name: `${DURATION}_count`, labels: { ...labels, http_response_status_code: '200' }, value: 499 },
      { name: `${DURATION}_count`, labels: { ...labels, http_response_status_code: '404' }, value: 1 },
    ]);
    const metric = (name: string) => samples.find((sample) => sample.name === name)?.value;
    expect(metric('ferret_spans_started_total')).toBe(501);
    expect(metric('ferret_spans_sampled_out_total')).toBeGreaterThan(400);
    expect(metric('ferret_spans_stored_total')! + metric('ferret_spans_sampled_out_total')!).toBe(500);
    expect(metric('ferret_file_size_bytes')).toBeGreaterThan(0);
  });

  it('is in order with hostile routes, and with more than there is room for', async () => {
    const ferret = create();
    const routes = [...ROUTES, ...Array.from({ length: 2_100 }, (_, index) => `/${index}`)];
    const app = new Koa();
    app.use(forKoa(ferret, { routeOf: (ctx) => routes[Number(ctx.query['route'])] }));
    app.use((ctx) => {
      ctx.body = 'ok';
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const paths = routes.map((_, index) => `/?route=${index}`);
    await send((server.address() as AddressInfo).port, paths, 8);
    server.close();
    const counts = check(ferret.metrics())
      .flatMap((family) => family.samples)
      .filter(({ name }) => name === `${DURATION}_count`);
    const found = new Set(counts.map(({ labels }) => labels['http_route']));
    for (const route of ROUTES) {
      const stored = route.toWellFormed().replaceAll('\0', '\ufffd');
      expect(found).toContain(stored.length > 1_024 ? `${stored.slice(0, 1_023)}…` : stored);
    }
    expect(counts.reduce((sum, { value }) => sum + value, 0)).toBe(routes.length);
    expect(counts.find(({ labels }) => labels['otel_metric_overflow'] === 'true')?.value).toBe(routes.length - 2_000);
  });
});

describe('the reader that checks it', () => {
  it.each([
    ['no line feed at its end', 'a 1'],
    ['a sample without a type', 'a 1\n'],
    ['an escape that is none', '# TYPE a gauge\na{b="\\r"} 1\n'],
    ['a quote that is not escaped', '# TYPE a gauge\na{b="c"d"} 1\n'],
    ['a sample twice', '# TYPE a gauge\na{b="c",d="e"} 1\na{d="e",b="c"} 2\n'],
    ['no number', '# TYPE a gauge\na one\n'],
    ['another metric in between', '# TYPE a gauge\n# TYPE b gauge\na 1\n'],
    ['buckets that fall', '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n'],
    ['buckets without an end', '# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
