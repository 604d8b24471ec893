import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identityOfProcess, ledgerOf, spanOf } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { openReader } from '../reader/file-reader.js';
import { encodeLinksAndEvents } from './link-rows.js';
import { openProcessStore, writeBatch } from './process-store.js';

const PRODUCER = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) };

let directory: string;
let file: string;
let database: Database;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  database = await openForWriting(file, 'normal', () => {});
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const linked = () =>
  spanOf({
    name: 'receive',
    links: [PRODUCER, { ...PRODUCER, tracestate: 'a=b', flags: 0x301, attributes: { list: [1, 2], ok: true } }],
    events: [
      { name: 'retry', timeMicros: 5, attributes: { attempt: 2 } },
      { name: 'retry', timeMicros: 6 },
    ],
  });

const batch = (id: number, ...spans: ReturnType<typeof spanOf>[]) => ({ id, spans, ledger: ledgerOf() });

it('links and events come back with the span that has them, and no other', async () => {
  const store = await openProcessStore(database, identityOfProcess('p'));
  const [first, second] = [linked(), spanOf({ name: 'job', events: [{ name: 'start', timeMicros: 7 }] })];
  await writeBatch(store, batch(1, spanOf(), spanOf()));
  await writeBatch(store, batch(2, spanOf(), first, spanOf(), second));
  const reader = await openReader(file);
  const found = [];
  for await (const span of reader.spans(undefined)) found.push(span);
  await reader.close();
  expect(found.map(({ links, events }) => [links?.length, events?.length])).toEqual([
    ...[[], [], []].map(() => [undefined, undefined]),
    [2, 2],
    [undefined, undefined],
    [undefined, 1],
  ]);
  expect(found[3]).toMatchObject({ spanId: first.spanId, links: first.links, events: first.events });
  expect(found[5]).toMatchObject({ spanId: second.spanId, events: second.events });
});

it('have views of their own, whose ids join with those of the spans', async () => {
  const store = await openProcessStore(database, identityOfProcess('p'));
  const producer = spanOf({ ...PRODUCER, name: 'send' });
  await writeBatch(store, batch(1, producer, linked()));
  expect(
    await database.all(
      `SELECT span.name, producer.name AS producer, tracestate, flags, link.attributes
       FROM ferret_links_v1 AS link JOIN ferret_spans_v1 AS span USING (trace_id, span_id)
       JOIN ferret_spans_v1 AS producer ON producer.trace_id = linked_trace_id AND producer.span_id = linked_span_id`,
    ),
  ).toEqual([
    { name: 'receive', producer: 'send', tracestate: null, flags: null, attributes: '{}' },
    { name: 'receive', producer: 'send', tracestate: 'a=b', flags: 769, attributes: '{"list":[1,2],"ok":true}' },
  ]);
  expect(
    await database.all(
      `SELECT span.name, event.name AS event, time_us, event.attributes, event.run_id, event.process_key
       FROM ferret_events_v1 AS event JOIN ferret_spans_v1 AS span USING (trace_id, span_id)`,
    ),
  ).toEqual([
    { name: 'receive', event: 'retry', time_us: 5, attributes: '{"attempt":2}', run_id: 'run-1', process_key: 'p' },
    { name: 'receive', event: 'retry', time_us: 6, attributes: '{}', run_id: 'run-1', process_key: 'p' },
  ]);
});

it('are stored once, when their batch comes again', async () => {
  const store = await openProcessStore(database, identityOfProcess('p'));
  const spans = [linked(), spanOf()];
  await writeBatch(store, batch(1, ...spans));
  await writeBatch(store, batch(1, ...spans));
  expect(await database.all('SELECT count(*) AS count FROM link')).toEqual([{ count: 2 }]);
  expect(await database.all('SELECT first_span_id, last_span_id FROM process')).toEqual([
    { first_span_id: 1, last_span_id: 2 },
  ]);
});

it('are nothing to unpack for a batch without any', () => {
  expect(encodeLinksAndEvents([spanOf(), spanOf()])).toBe(null);
});
