import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFile } from '../child.js';
import { query } from '../database.js';
import { appPath, type Row, runNode, spansOf } from './run-node.js';

interface Output {
  readonly heard: Record<string, [string | null, string | null]>;
  readonly saw: Record<string, unknown>;
  readonly port: number;
}

/** Runs the service with Ferret, and returns the spans of its calls by the case that made them. */
async function record(environment: Record<string, string> = {}) {
  const file = temporaryFile();
  const { code, out, err } = await runNode(['--import', '@ferretjs/auto', appPath('calls.mjs')], {
    FERRET_DATABASE: file,
    ...environment,
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const spans = await spansOf(file);
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const calls = new Map<string, (Row & { readonly says: Record<string, unknown> })[]>();
  for (const span of spans.filter(({ kind }) => kind === 'client')) {
    const parent = byId.get(span.parent_id ?? '');
    const name = String(JSON.parse(parent?.attributes ?? '{}')['url.path']).slice(1);
    calls.set(name, [...(calls.get(name) ?? []), { ...span, says: JSON.parse(span.attributes) }]);
  }
  return { file, output: JSON.parse(out) as Output, calls, spans };
}

const briefly = (calls: readonly Row[] | undefined) =>
  calls?.map(({ name, outcome, error_type, http_status_code, attributes }) =>
    [name, outcome, error_type, http_status_code ?? JSON.parse(attributes)['http.response.status_code'] ?? null].join(
      ' ',
    ),
  );

describe('calls of other services', () => {
  it('FAULTS 64: are spans with their outcome, each once', async () => {
    const { calls } = await record();
    expect(Object.fromEntries([...calls].map(([name, list]) => [name, briefly(list)]))).toEqual({
      fetch: ['GET ok  200'],
      fetch404: ['GET error 404 404'],
      fetchMoved: ['GET ok  302', 'GET ok  200'],
      fetchOwn: ['GET ok  200'],
      fetchPost: ['POST ok  200'],
      fetchAborted: ['GET error TimeoutError '],
      fetchCancelled: ['GET error AbortError 200'],
      fetchRefused: ['GET error ECONNREFUSED '],
      get: ['GET ok  200'],
      getUser: ['GET ok  200'],
      get503: ['GET error 503 503'],
      post: ['POST ok  200'],
      postAgain: ['POST ok  200'],
      own: ['GET ok  200'],
      listed: ['GET ok  200'],
      callback: ['GET ok  200'],
      unread: ['GET ok  200'],
      destroyed: ['GET error ECONNRESET '],
      cut: ['GET error aborted 200'],
      refused: ['GET error ECONNREFUSED '],
      upgraded: ['GET ok  101'],
    });
  });

  it('FAULTS 62: 10,000 of one request are some rows, and an exact count', async () => {
    const file = temporaryFile();
    const started = performance.now();
    await runNode(['--import', '@ferretjs/auto', appPath('flood.mjs')], {
      FERRET_DATABASE: file,
      // The called server is in the same process, where its requests would be as many spans.
      FERRET_MAX_SPANS_PER_SECOND: '1000',
      FERRET_IGNORE: '/called',
      COUNT: '10000',
    });
    const calls = (await spansOf(file)).filter(({ kind }) => kind === 'client');
    // A trace that is decided has 100 more rows a second.
    const seconds = (performance.now() - started) / 1_000;
    expect(calls.length).toBeLessThan(1_000 + 150 * seconds);
    const [{ folded = 0 } = {}] = await query<{ folded: number }>(file, 'SELECT folded FROM ferret_processes_v1');
    expect(calls.length + folded).toBe(10_000);
  });

  it('say where they went, and keep no secret', async () => {
    const { file, calls, output } = await record();
    expect(calls.get('fetch')?.[0]?.says).toMatchObject({
      'http.request.method': 'GET',
      'url.full': `http://127.0.0.1:${output.port}/ok?token=REDACTED&page=2`,
      'server.address': '127.0.0.1',
      'server.port': output.port,
      'http.response.status_code': 200,
    });
    expect(calls.get('get')?.[0]?.says).toMatchObject({
      'url.full': `http://127.0.0.1:${output.port}/ok?api_key=REDACTED`,
      'network.protocol.version': '1.1',
    });
    expect(calls.get('listed')?.[0]?.says).toMatchObject({ 'server.port': output.port });
    expect(readFileSync(file).includes('canary')).toBe(false);
  });

  it('take the trace along, unless the application sends one of its own', async () => {
    const { calls, output } = await record();
    const { heard } = output;
    const spanOf = (name: string) => calls.get(name)?.at(-1);
    expect(heard['fetchOwn']?.[0]).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
    expect(heard['own']?.[0]).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
    // Node sends headers that are given as a list before anybody can add to them.
    expect(heard['listed']).toEqual([null, null]);
    expect(heard['/503']?.[0]).toContain(`${spanOf('get503')?.trace_id}-${spanOf('get503')?.span_id}`);
    expect(heard['/404']?.[0]).toContain(`${spanOf('fetch404')?.trace_id}-${spanOf('fetch404')?.span_id}`);
    expect(heard['/404']?.[1]).toBe('a=b');
    expect(heard['/503']?.[1]).toBe('a=b');
  });

  it('take it to the hosts that propagateTo names only', async () => {
    const elsewhere = await record({ FERRET_PROPAGATE_TO: 'example.com,.example.com' });
    expect(elsewhere.output.heard['/404']).toEqual([null, null]);
    expect(elsewhere.output.heard['/503']).toEqual([null, null]);
    const here = await record({ FERRET_PROPAGATE_TO: '127.0.0.1' });
    expect(here.output.heard['/404']?.[0]).not.toBeNull();
    expect(here.output.heard['/503']?.[0]).not.toBeNull();
  });

  it('FAULTS 65: are seen by the application as they were', async () => {
    const without = await runNode([appPath('calls.mjs')]);
    const { output } = await record();
    expect(output.saw).toEqual((JSON.parse(without.out) as Output).saw);
  });
});
