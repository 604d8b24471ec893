import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identityOfProcess, ledgerOf, spanOf } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { interruptOpenSpans } from './open-span-rows.js';
import { openProcessStore, type ProcessStore, writeBatch, writeTick } from './process-store.js';

let directory: string;
let database: Database;
let store: ProcessStore;

beforeEach(async () => {
  directory = temporaryDirectory();
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

it('P20: only what differs is written, however many are open', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => spanOf({ name: `open ${index}` }));
  await tick(...many);
  const changesOf = async (work: () => Promise<void>) => {
    const total = async () => (await database.all<{ n: number }>('SELECT total_changes() AS n'))[0]!.n;
    const before = await total();
    await work();
    return (await total()) - before;
  };
  expect(store.openSpans.differFrom(many)).toBe(false);
  expect(await changesOf(() => tick(...many))).toBe(1); // The process's own row.
  const [first, ...others] = many;
  expect(await changesOf(() => tick(...others))).toBe(2);
  others[0]!.values['user.plan'] = 'pro';
  expect(store.openSpans.differFrom(others)).toBe(true);
  expect(await changesOf(() => tick(...others, first!))).toBe(4);
  expect(await open()).toHaveLength(1_000);
});

it('P20: rows that another process has taken away are written again', async () => {
  await tick(one, two);
  await database.run('DELETE FROM open_span');
  await tick(one, two);
  expect(await open()).toHaveLength(2);
});

it('keep their links and events, also as interrupted ones', async () => {
  const link = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: { n: 1 } };
  const span = spanOf({ name: 'job', links: [link], events: [{ name: 'start', timeMicros: 7 }] });
  await tick(one, span, two);
  expect(await database.all('SELECT links, events FROM ferret_open_spans_v1 ORDER BY name')).toEqual([
    { links: JSON.stringify([link]), events: '[{"name":"start","timeMicros":7}]' },
    { links: '[]', events: '[]' },
    { links: '[]', events: '[]' },
  ]);
  await interruptOpenSpans(database, store.processId);
  expect(await database.all('SELECT span_id, linked_trace_id, attributes FROM ferret_links_v1')).toEqual([
    { span_id: span.spanId, linked_trace_id: link.traceId, attributes: '{"n":1}' },
  ]);
  expect(await database.all('SELECT span_id, name, time_us FROM ferret_events_v1')).toEqual([
    { span_id: span.spanId, name: 'start', time_us: 7 },
  ]);
});
