import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Row, runNode, spansOf } from '../auto/run-node.js';
import { temporaryFile } from '../child.js';
import { query } from '../database.js';
import { pglite } from '../services/pglite.js';
import type { Service } from '../services/program.js';
import { api19, api110, applicationWithApi110, hasApi110 } from './modules.js';

let database: Service;

beforeAll(async () => {
  database = await pglite.start();
}, 60_000);
afterAll(() => database.stop());

async function run(app: string, environment: Record<string, string>) {
  const file = temporaryFile();
  const script = fileURLToPath(new URL(`../apps/opentelemetry/${app}`, import.meta.url));
  const { code, out, err } = await runNode([script], {
    FERRET_DATABASE: file,
    DATABASE_PORT: String(database.port),
    ...environment,
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return { file, out };
}

/** The names of the spans above a span, from its request on. */
function pathOf(spans: readonly Row[], span: Row | undefined): string[] {
  if (span === undefined) return [];
  return [
    ...pathOf(
      spans,
      spans.find(({ span_id }) => span_id === span.parent_id),
    ),
    span.name,
  ];
}

const apis = [
  { api: '1.9', modules: () => api19, http: 'yes', isThere: true },
  { api: '1.10', modules: applicationWithApi110, http: '', isThere: hasApi110 },
];

describe.each(apis)('instrumentations with API $api and no SDK', ({ modules, http, isThere }) => {
  it.skipIf(!isThere)('feed Ferret below the requests of its adapter, unseen by clients', async () => {
    const from = { MODULES: modules(), HTTP: http };
    const without = await run('registered.cjs', { ...from, OBSERVE: 'none' });
    const { file, out } = await run('registered.cjs', from);
    expect({ ...JSON.parse(out), '/active': 0 }).toEqual({ ...JSON.parse(without.out), '/active': 0 });
    expect(JSON.parse(out)['/active']).toEqual({ same: true });

    const spans = await spansOf(file);
    const paths = spans.map((span) => pathOf(spans, span).join(' > '));
    expect(paths).toEqual(
      expect.arrayContaining([
        'GET /users/:id > pg.query:SELECT postgres',
        'GET /broken > pg.query:SELECT postgres',
        'GET /nested > checkout > reserve > pg.query:SELECT postgres',
        ...(http ? ['GET /call > GET'] : []),
      ]),
    );
    expect(spans.filter(({ kind }) => kind === 'server')).toHaveLength(6);
    const queryOf = (request: string) =>
      spans.find((span) => pathOf(spans, span).join() === `${request},pg.query:SELECT postgres`);
    expect(queryOf('GET /broken')).toMatchObject({ outcome: 'error', error_type: '_OTHER' });
    const user = queryOf('GET /users/:id');
    expect(JSON.parse(user?.attributes ?? '')).toMatchObject({
      'otel.scope.name': '@opentelemetry/instrumentation-pg',
    });
    expect(JSON.stringify(user)).toContain('SELECT ? AS name, ? AS id');
    const nested = spans.find(({ name }) => name === 'checkout');
    expect(JSON.parse(nested?.attributes ?? '')).toMatchObject({ told: true, 'otel.scope.name': 'shop' });
    const active = spans.find(({ name }) => name === 'GET /active');
    expect(JSON.parse(active?.attributes ?? '')).toMatchObject({ 'shop.cart': 3 });
    if (http) {
      // The called request continues the trace of the call.
      const call = spans.find((span) => pathOf(spans, span).join() === 'GET /call,GET');
      expect(spans.find(({ name }) => name === 'GET /called')?.parent_id).toBe(call?.span_id);
    }
    expect(readFileSync(file).includes('canary-4711')).toBe(false);
  });
});

it('a request that an instrumentation has seen before the adapter is one trace', async () => {
  const { file } = await run('registered.cjs', { MODULES: api19, HTTP: 'incoming' });
  const spans = await spansOf(file);
  const paths = spans.map((span) => pathOf(spans, span).join(' > '));
  expect(paths).toContain('GET > GET /users/:id > pg.query:SELECT postgres');
});

const sdks = [
  { sdk: '2', modules: api19, isThere: true },
  { sdk: '3', modules: api110, isThere: hasApi110 },
];

describe.each(sdks)('an application with SDK $sdk', ({ sdk, modules, isThere }) => {
  it.skipIf(!isThere)('gets Ferret’s file by one span processor', async () => {
    const { file } = await run('sdk.cjs', { SDK: sdk, MODULES: modules });
    const spans = await spansOf(file);
    const [request] = spans.filter(({ kind }) => kind === 'server');
    expect(request).toMatchObject({
      name: 'GET /orders/:id',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      parent_id: '00f067aa0ba902b7',
      outcome: 'error',
      error_type: '503',
      http_status_code: 503,
    });
    const says = JSON.parse(request?.attributes ?? '');
    expect(says).toMatchObject({ 'otel.scope.name': 'shop', 'otel.scope.version': '1.0.0', 'service.name': 'shop' });
    const price = spans.find(({ name }) => name === 'price');
    expect(price).toMatchObject({ parent_id: request?.span_id, outcome: 'ok' });
    expect(JSON.parse(price?.attributes ?? '')).toMatchObject({ 'exception.type': 'TypeError' });
    const queries = spans.filter(({ name }) => name.startsWith('pg.query'));
    expect(queries).toHaveLength(2);
    expect(queries[0]?.attributes).toContain('SELECT ? AS name');
    expect(spans.some(({ name }) => name === 'after the shutdown')).toBe(false);
    expect(await query(file, 'SELECT service FROM ferret_runs_v1')).toEqual([{ service: 'shop' }]);
    expect(await query(file, 'SELECT started - stored AS lost FROM ferret_processes_v1')).toEqual([{ lost: 0 }]);
    expect(readFileSync(file).includes('canary-4711')).toBe(false);
  });
});
