import { describe, expect, it } from 'vitest';
import { FIXTURE_START_MICROS, type FixtureSpan, type StoreFixture } from '../../testing/store-fixture.js';
import type { Reader, SpanCondition, SpanField, SpanFilter } from './file-reader.js';
import { openForEach } from './reader.fixture.js';

const HOSTILE = [
  'a"b',
  "a'b",
  'a\\b',
  'a.b',
  'a b',
  '$',
  '$.a',
  '[0]',
  '#-1',
  '',
  '\u001b',
  'ü',
  '😀',
  "'; DROP TABLE span --",
];

let store: StoreFixture;
let reader: Reader;

openForEach((opened) => {
  ({ store, reader } = opened);
});

async function addSpans(...spans: FixtureSpan[]): Promise<void> {
  const process = await store.addProcess(await store.addRun());
  for (const span of spans) await store.addSpan(process, span);
}

const groups = async (field: SpanField, filter?: SpanFilter) =>
  (await reader.groupStatistics('run-1', field, filter)).map(({ name, count }) => `${name} ${count}`).sort();

async function names(...where: SpanCondition[]): Promise<string[]> {
  const found: string[] = [];
  for await (const span of reader.spans('run-1', { where })) found.push(span.name);
  return found;
}

describe('spans', () => {
  it('are grouped by each of their fields', async () => {
    await addSpans(
      { name: 'a', httpRoute: '/a', httpMethod: 'GET', httpStatusCode: 200 },
      { name: 'a', httpRoute: '/a', httpMethod: 'PUT', httpStatusCode: 200, plainText: true },
      { name: 'b', kind: 'client', outcome: 'error', errorType: 'RangeError' },
    );
    expect(await groups('name')).toEqual(['a 2', 'b 1']);
    expect(await groups('route')).toEqual(['/a 2', 'null 1']);
    expect(await groups('method')).toEqual(['GET 1', 'PUT 1', 'null 1']);
    expect(await groups('status')).toEqual(['200 2', 'null 1']);
    expect(await groups('kind')).toEqual(['client 1', 'server 2']);
    expect(await groups('outcome')).toEqual(['error 1', 'ok 2']);
    expect(await groups('error.type')).toEqual(['RangeError 1', 'null 2']);
    expect(await groups('attribute:http.route')).toEqual(['/a 2', 'null 1']);
    expect(await groups('attribute:http.response.status_code')).toEqual(['200 2', 'null 1']);
  });

  it('are grouped by an attribute of their own, or one they share', async () => {
    await addSpans(
      { attributes: { plan: 'pro' }, shared: { plan: 'free' } },
      { shared: { plan: 'free' } },
      { shared: { plan: 'free' }, plainText: true },
      { attributes: { plan: 42 } },
      { attributes: { plan: '42' } },
      { attributes: { plan: true } },
      { attributes: { plan: 0.5 } },
      { attributes: { plan: ['a', 'b'] } },
      {},
    );
    expect(await groups('attribute:plan')).toEqual(
      ['pro 1', 'free 2', '42 2', 'true 1', '0.5 1', '["a","b"] 1', 'null 1'].sort(),
    );
  });

  it('are chosen by each of their fields, all conditions together', async () => {
    await addSpans(
      { name: 'a', httpRoute: '/a', httpMethod: 'GET', httpStatusCode: 200, attributes: { beta: false } },
      { name: 'b', httpRoute: '/a', httpMethod: 'GET', httpStatusCode: 404, plainText: true },
      { name: 'c', kind: 'client', outcome: 'error', errorType: 'RangeError', attributes: { rows: 7 } },
    );
    expect(await names({ field: 'route', value: '/a' })).toEqual(['a', 'b']);
    expect(await names({ field: 'route', value: '/a' }, { field: 'status', value: '404' })).toEqual(['b']);
    expect(await names({ field: 'name', value: 'c' })).toEqual(['c']);
    expect(await names({ field: 'kind', value: 'client' })).toEqual(['c']);
    expect(await names({ field: 'outcome', value: 'error' })).toEqual(['c']);
    expect(await names({ field: 'outcome', value: 'bad' })).toEqual([]);
    expect(await names({ field: 'method', value: 'GET' })).toEqual(['a', 'b']);
    expect(await names({ field: 'error.type', value: 'RangeError' })).toEqual(['c']);
    expect(await names({ field: 'attribute:rows', value: '7' })).toEqual(['c']);
    expect(await names({ field: 'attribute:beta', value: 'false' })).toEqual(['a']);
    expect(await names({ field: 'attribute:http.request.method', value: 'GET' })).toEqual(['a', 'b']);
  });

  it('named like the number of another name are told from it', async () => {
    await addSpans({ name: 'first' }, { name: '1', plainText: true }, { name: 'GET', plainText: true });
    expect(await names({ field: 'name', value: '1' })).toEqual(['1']);
    expect(await names({ field: 'name', value: 'first' })).toEqual(['first']);
  });

  it.each(HOSTILE)('take %j for a value and for the key of an attribute, and for nothing else', async (text) => {
    await addSpans({ name: text, attributes: { [text]: text, other: 1 } }, { name: 'plain' });
    expect(await names({ field: 'name', value: text })).toEqual([text]);
    expect(await names({ field: `attribute:${text}`, value: text })).toEqual([text]);
    expect(await groups(`attribute:${text}`)).toEqual([`${text} 1`, 'null 1'].sort());
    expect(await names({ field: 'outcome', value: text })).toEqual([]);
  });

  it('have no other fields', async () => {
    await addSpans({});
    await expect(reader.groupStatistics('run-1', 'start_us' as SpanField)).rejects.toThrow(
      /one of name, route, status/,
    );
  });

  it('are counted within a time', async () => {
    await addSpans({ startMicros: FIXTURE_START_MICROS }, { startMicros: FIXTURE_START_MICROS + 10 });
    expect(await groups('name', { sinceMicros: FIXTURE_START_MICROS + 1 })).toEqual(['GET / 1']);
    expect(await reader.statistics('run-1', { untilMicros: FIXTURE_START_MICROS })).toEqual([]);
  });
});

it('the slowest roots are chosen as spans are', async () => {
  await addSpans(
    { name: 'slow', durationNanos: 3 },
    { name: 'slower', durationNanos: 4, outcome: 'error' },
    { name: 'late', durationNanos: 9, startMicros: FIXTURE_START_MICROS + 100_000 },
  );
  const slowest = async (filter: SpanFilter) =>
    (await reader.slowestRoots('run-1', 9, filter)).map((span) => span.name);
  expect(await slowest({ untilMicros: FIXTURE_START_MICROS + 50_000 })).toEqual(['slower', 'slow']);
  expect(await slowest({ where: [{ field: 'outcome', value: 'error' }] })).toEqual(['slower']);
});

describe('traces found by the beginning of their id', () => {
  const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
  const OTHER = '4bf92f3577b34da6a3ce929d0e0e4737';

  it('are those that begin so, each once', async () => {
    await addSpans({ traceId: ID }, { traceId: ID }, { traceId: OTHER }, { traceId: '5'.repeat(32) });
    for (const prefix of ['4', '4b', '4bf', '4bf92f35', '4bf92f357', ID.slice(0, 31)]) {
      expect((await reader.traceIds(prefix, 9)).sort()).toEqual([ID, OTHER]);
    }
    expect(await reader.traceIds(ID, 9)).toEqual([ID]);
    expect(await reader.traceIds('4c', 9)).toEqual([]);
    expect(await reader.traceIds('4', 1)).toHaveLength(1);
  });

  it('lie in any segment of the index', async () => {
    await addSpans({ traceId: ID });
    await store.database.run('UPDATE span SET id = 40000');
    await store.addSpan(1, { traceId: '5'.repeat(32) });
    expect(await reader.traceIds('4bf9', 9)).toEqual([ID]);
  });

  it('are none in an empty file', async () => {
    expect(await reader.traceIds('4bf9', 9)).toEqual([]);
  });
});
