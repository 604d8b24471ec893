import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identityOfProcess, ledgerOf, spanOf } from '../../spill/spill.fixture.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { interruptOpenSpans } from './open-spans.js';
import { openProcessStore, type ProcessStore, writeBatch, writeTick } from './process-store.js';

let directory: string;
let database: Database;
let store: ProcessStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ferret-'));
  database = await openForWriting(join(directory, 'ferret.db'), 'normal', () => {});
  store = await openProcessStore(database, identityOfProcess('p'));
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

type Span = ReturnType<typeof spanOf>;

const tick = (...openSpans: Span[]) =>
  writeTick(store, { openSpans, routeMinutes: [], ledger: ledgerOf({ started: 9 }) });
const open = () => database.all<{ name: string }>('SELECT name FROM ferret_open_spans_v1 ORDER BY start_us, name');
const stored = () => database.all('SELECT name, outcome, duration_ns FROM ferret_spans_v1 ORDER BY name');
const store1 = (id: number, ...spans: Span[]) =>
  writeBatch(store, { id, spans, ledger: ledgerOf({ started: 9, stored: spans.length }) });

const [one, two] = [spanOf({ name: 'one' }), spanOf({ name: 'two' })];

it('are replaced at each tick', async () => {
  await tick(one);
  expect(await open()).toEqual([{ name: 'one' }]);
  await tick(one, two);
  expect(await open()).toHaveLength(2);
  await tick(two);
  expect(await open()).toEqual([{ name: 'two' }]);
  await tick();
  expect(await open()).toEqual([]);
});

it('are those of their process only', async () => {
  const other = await openProcessStore(database, identityOfProcess('other'));
  await writeTick(other, { openSpans: [two], routeMinutes: [], ledger: ledgerOf() });
  await tick(one);
  await tick();
  expect(await open()).toEqual([{ name: 'two' }]);
});

it('say all that is known of them', async () => {
  const sharedAttributes = Object.freeze({ 'url.scheme': 'http' });
  const span = spanOf(
    {
      kind: 'server',
      startMicros: 5,
      parentId: 'ab'.repeat(8),
      isLocalRoot: false,
      httpMethod: 'GET',
      sharedAttributes,
    },
    { 'url.path': '/x' },
  );
  await tick(span);
  const [row] = await database.all<Record<string, unknown>>('SELECT * FROM ferret_open_spans_v1');
  expect(row).toMatchObject({
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_id: 'ab'.repeat(8),
    kind: 'server',
    start_us: 5,
  });
  expect(JSON.parse(String(row?.['attributes']))).toEqual({
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/x',
  });
  const [process] = await database.all<{ started: number }>('SELECT started FROM process');
  expect(process?.started).toBe(9);
});

it('are gone when the process has ended', async () => {
  const other = await openProcessStore(database, identityOfProcess('other'));
  await tick(one);
  await writeTick(other, { openSpans: [two], routeMinutes: [], ledger: ledgerOf() });
  await writeBatch(store, { id: 1, spans: [], ledger: ledgerOf(), endReason: 'close' });
  expect(await open()).toMatchObject([{ name: 'two' }]);
});

it('become interrupted ones, open for as long as the process was seen', async () => {
  await tick(spanOf({ name: 'slow', startMicros: 1_000_000 }));
  await database.run('UPDATE process SET last_seen_us = 3500000');
  expect(await interruptOpenSpans(database, store.processId)).toBe(1);
  expect(await stored()).toEqual([{ name: 'slow', outcome: 'interrupted', duration_ns: 2_500_000_000 }]);
  expect(await open()).toEqual([]);
  expect(
    await database.all('SELECT stored, ended_at_us, end_reason, first_span_id, last_span_id FROM process'),
  ).toEqual([{ stored: 1, ended_at_us: 3_500_000, end_reason: 'crashed', first_span_id: 1, last_span_id: 1 }]);
});

it('are not stored twice, if they have ended since the last tick', async () => {
  await store1(1, spanOf({ name: 'before' }));
  await tick(one, two);
  await store1(2, one, spanOf({ name: 'other' }));
  expect(await interruptOpenSpans(database, store.processId)).toBe(1);
  expect(await stored()).toMatchObject([
    { name: 'before', outcome: 'ok' },
    { name: 'one', outcome: 'ok' },
    { name: 'other', outcome: 'ok' },
    { name: 'two', outcome: 'interrupted' },
  ]);
});

it('are interrupted once, however often that is tried', async () => {
  await tick(one);
  expect(await interruptOpenSpans(database, store.processId)).toBe(1);
  expect(await interruptOpenSpans(database, store.processId)).toBe(0);
  expect(await database.all('SELECT stored FROM process')).toEqual([{ stored: 1 }]);
});
