import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { runScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { runFerret } from '../ferret.js';
import { type EventRow, encodeOfficially, type LinkRow, type SpanRow } from './otlp-encoder.js';
import { callsOf, openInSpeedscope } from './speedscope.js';

/** A script that records as a real application does, and as no application should. */
const SCRIPT = String.raw`
  const ferret = createFerret({ ...options, runId: 'run-1', service: 'shop "ü"' });
  const wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
  for (let index = 0; index < 20; index++) {
    await ferret.measure('GET /users/:id', { 'user.id': index, ratio: 0.5, beta: index % 2 === 0 }, async () => {
      await ferret.measure('load', async () => ferret.measure('SELECT', { tags: ['a', 'b'] }, () => wait(2)));
      await Promise.all([1, 2, 3].map((n) => ferret.measure('part ' + n, () => wait(n))));
      ferret.measure('render', () => 1);
    });
  }
  await Promise.all([1, 2, 3, 4].map(() => ferret.measure('at once', () => ferret.measure('inner', () => wait(3)))));
  await ferret.measure('fails', async () => { throw new TypeError('no "luck", really\r\n=1+1'); }).catch(() => {});
  for (const name of [
    'GET /\u001b]0;pwned\u0007\u009b2J\u202e\r\n\u2028', '"]}\\', '😀 käse \ud83d', '=cmd|x', '+1', '-1', '@SUM(A1)',
    '\t=1', '\r=1',
  ]) {
    ferret.measure(name, { [name]: name }, () => 1);
  }
  let outlives;
  await ferret.measure('leaves', async () => {
    outlives = ferret.measure('outlives its parent', () => wait(20));
    await wait(1);
  });
  await outlives;
  const sent = ferret.start('send', { kind: 'producer' });
  const received = ferret.start('receive', {
    kind: 'consumer', parent: null,
    links: [sent, {
      traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), tracestate: 'a=1,b=2', flags: 1, isRemote: true,
      attributes: { n: 1 },
    }],
  });
  received.addEvent('retry', { attempt: 2, tags: ['=a'] }).addEvent('=ack');
  sent.end();
  received.end();
  for (let index = 0; index < 300; index++) ferret.measure('quick', () => ferret.measure('quicker', () => 1));
  ferret.start('never ends');
  await ferret.close();
`;

let file: string;
let rows: SpanRow[];
let links: LinkRow[];
let events: EventRow[];

beforeAll(async () => {
  file = temporaryFile();
  expect(await runScript(SCRIPT, file)).toMatchObject({ code: 0, stderr: '' });
  rows = await query<SpanRow>(file, 'SELECT * FROM ferret_spans_v1');
  links = await query<LinkRow>(file, 'SELECT * FROM ferret_links_v1');
  events = await query<EventRow>(file, 'SELECT * FROM ferret_events_v1');
  expect([links.length, events.length]).toEqual([2, 2]);
  expect(rows.length).toBeGreaterThan(700);
  expect(new Set(rows.map((row) => row.outcome))).toEqual(new Set(['ok', 'error', 'interrupted']));
});

async function exported(...parameters: string[]): Promise<string> {
  const ended = await runFerret(['export', ...parameters], { cwd: dirname(file) });
  expect(ended).toMatchObject({ code: 0, err: '' });
  return ended.out;
}

const namesOf = (spans: readonly { name: string }[]) => spans.map((span) => span.name).sort();

/** Names that speedscope shows: with how a span ended, where it did not end well. */
const frameNames = () => rows.map((row) => (row.outcome === 'ok' ? row.name : `${row.name} [${row.outcome}]`)).sort();

describe('a real file', () => {
  it('R10: opens in speedscope without a warning, a frame a name and as long as it took itself', async () => {
    const { imported, warnings } = await openInSpeedscope(await exported('--format', 'speedscope'));
    expect(warnings).toEqual([]);
    const calls = imported.profiles.flatMap(callsOf);
    expect([...new Set(namesOf(calls))]).toEqual([...new Set(frameNames())]);
    expect(new Set(imported.profiles.map((profile) => profile.getWeightUnit()))).toEqual(new Set(['nanoseconds']));
    const drawn = calls.filter(({ name }) => name === 'SELECT').reduce((sum, { start, end }) => sum + end - start, 0);
    const stored = rows.filter(({ name }) => name === 'SELECT').reduce((sum, { duration_ns: nanos }) => sum + nanos, 0);
    // Time beside a parent's rounding is nobody's.
    expect(Math.abs(drawn - stored)).toBeLessThan(20 * 2_000);
  });

  it('R10: has a profile there for each name of a root, called by it, the slowest first', async () => {
    const { imported } = await openInSpeedscope(await exported('--format', 'speedscope'));
    const titles = imported.profiles.map((profile) => profile.getName());
    const roots = rows.filter(({ parent_id: parent }) => !parent);
    expect([...titles].sort()).toEqual(
      [...new Set(roots.map((row) => (row.outcome === 'ok' ? row.name : `${row.name} [${row.outcome}]`)))].sort(),
    );
    const weights = imported.profiles.map((profile) => profile.getTotalWeight());
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
  });

  it('R10: opens there as folded stacks too, with the same frames', async () => {
    const { imported, warnings } = await openInSpeedscope(await exported('--format', 'folded'));
    expect(warnings).toEqual([]);
    const names = new Set(imported.profiles.flatMap(callsOf).map(({ name }) => name));
    for (const name of ['GET /users/:id', 'load', 'SELECT', 'part 3']) expect(names).toContain(name);
  });

  it('draws one trace as it ran, every span once', async () => {
    const ofTrace = rows.filter(({ trace_id: id }) => id === rows.find(({ name }) => name === 'part 1')?.trace_id);
    const traceId = String(ofTrace[0]?.trace_id);
    const { imported, warnings } = await openInSpeedscope(
      await exported('--format', 'speedscope', '--trace', traceId.slice(0, 16)),
    );
    expect(warnings).toEqual([]);
    expect(namesOf(imported.profiles.flatMap(callsOf))).toEqual(namesOf(ofTrace));
    for (const profile of imported.profiles) expect(profile.getName()).toContain(`GET /users/:id ${traceId}`);
  });

  it('keeps to speedscope’s schema', async () => {
    const release = dirname(createRequire(import.meta.url).resolve('speedscope/package.json'));
    const schema = JSON.parse(readFileSync(`${release}/dist/release/file-format-schema.json`, 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(JSON.parse(await exported('--format', 'speedscope'))) || validate.errors).toBe(true);
  });

  it('opens as trace events too, in speedscope’s other importer, without a warning', async () => {
    const { imported, warnings } = await openInSpeedscope(await exported('--format', 'chrome'));
    expect(warnings).toEqual([]);
    const names = imported.profiles.flatMap(callsOf).map((call) => ({ name: call.name.replace(/ \{.*$/s, '') }));
    expect(namesOf(names)).toEqual(namesOf(rows.map((row) => ({ name: row.name.replace(/ \{.*$/s, '') }))));
  });

  it('has trace events that lie in each other or in turn on every thread', async () => {
    const { traceEvents } = JSON.parse(await exported('--format', 'chrome')) as {
      traceEvents: { ph: string; pid: number; tid: number; ts: number; dur: number; name: string }[];
    };
    const ends = new Map<number, number[]>();
    const complete = traceEvents.filter((event) => event.ph === 'X').sort((a, b) => a.ts - b.ts || b.dur - a.dur);
    expect(namesOf(complete)).toEqual(namesOf(rows));
    for (const { tid, ts, dur } of complete) {
      const open = ends.get(tid) ?? [];
      while (open.length > 0 && (open.at(-1) ?? 0) <= ts) open.pop();
      expect(ts + dur).toBeLessThanOrEqual(open.at(-1) ?? Number.POSITIVE_INFINITY);
      ends.set(tid, [...open, ts + dur]);
    }
  });

  it('is in OTLP what OpenTelemetry’s own encoder makes of it', async () => {
    const lines = (await exported('--format', 'otlp')).split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(1);
    interface Part {
      resource: { attributes: { key: string; value: Record<string, string> }[] };
      scopeSpans: { spans: Record<string, unknown>[] }[];
    }
    const parts = lines.flatMap((line) => (JSON.parse(line) as { resourceSpans: Part[] }).resourceSpans);
    const resource = Object.fromEntries(
      parts[0]?.resource.attributes.map(({ key, value }) => [
        key,
        value['intValue'] === undefined ? value['stringValue'] : Number(value['intValue']),
      ]) ?? [],
    ) as Record<string, string | number>;
    expect(resource).toMatchObject({ 'service.name': 'shop "ü"', 'ferret.run.id': 'run-1' });
    // Empty fields may be left out.
    const empty = { events: [], droppedEventsCount: 0, links: [], droppedLinksCount: 0 };
    const spans = parts.flatMap((part) => part.scopeSpans).flatMap((scope) => scope.spans);
    const whole = {
      resourceSpans: [
        {
          resource: parts[0]?.resource,
          scopeSpans: [{ scope: { name: '@ferretjs/core' }, spans: spans.map((span) => ({ ...empty, ...span })) }],
        },
      ],
    };
    const official = encodeOfficially({ rows, links, events }, resource, () => false);
    expect(sortAttributes(whole)).toEqual(sortAttributes(official));
  });

  it('is the same in lines of JSON', async () => {
    const lines = (await exported()).split('\n').slice(0, -1);
    const spans = lines.map((line) => JSON.parse(line) as Line);
    expect(spans.map((span) => [span.spanId, span.name])).toEqual(rows.map((row) => [row.span_id, row.name]));
    expect(spans.map((span) => span.attributes)).toEqual(rows.map((row) => JSON.parse(row.attributes) as object));
    const [received, ...others] = spans.filter((span) => span.links !== undefined || span.events !== undefined);
    expect([received?.name, others]).toEqual(['receive', []]);
    expect(received).toMatchObject(asStored());
  });

  it('is the same in CSV, but for what a spreadsheet would run', async () => {
    const records = parse<SpanRow>(await exported('--format', 'csv'), { columns: true, record_delimiter: '\r\n' });
    const safe = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
    expect(records.map((record) => record.name)).toEqual(rows.map((row) => safe(row.name)));
    expect(records.map((record) => JSON.parse(record.attributes) as object)).toEqual(
      rows.map((row) => JSON.parse(row.attributes) as object),
    );
    expect(records.map((record) => Number(record.duration_ns))).toEqual(rows.map((row) => row.duration_ns));
    expect(Object.keys(records[0] ?? {})).toEqual([...Object.keys(rows[0] ?? {}), 'links', 'events']);
    const received = records.filter(({ name }) => name === 'receive') as unknown as { links: string; events: string }[];
    expect(received.map((record) => ({ links: JSON.parse(record.links), events: JSON.parse(record.events) }))).toEqual([
      asStored(),
    ]);
  });
});

interface Line {
  readonly name: string;
  readonly spanId: string;
  readonly attributes: object;
  readonly links?: object[];
  readonly events?: object[];
}

/** Links and events of the views, as the reader has them. */
function asStored(): { links: object[]; events: object[] } {
  const attributesOf = (json: string) => (json === '{}' ? {} : { attributes: JSON.parse(json) as object });
  return {
    links: links.map(({ linked_trace_id: traceId, linked_span_id: spanId, tracestate, flags, attributes }) => ({
      traceId,
      spanId,
      ...(tracestate !== null && { tracestate }),
      flags,
      ...attributesOf(attributes),
    })),
    events: events.map(({ name, time_us: timeMicros, attributes }) => ({
      name,
      timeMicros,
      ...attributesOf(attributes),
    })),
  };
}

/** The order of attributes says nothing, and the view has another one. */
function sortAttributes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => {
    const isAttributes =
      Array.isArray(inner) && inner.every((item) => item !== null && typeof item === 'object' && 'key' in item);
    return isAttributes ? [...(inner as { key: string }[])].sort((a, b) => (a.key < b.key ? -1 : 1)) : inner;
  });
}
