import type { StoredSpan } from '@ferretjs/core/reader';
import { FIXTURE_TRACE, makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { exportOtlp } from './otlp.js';
import { makeProcess, makeRun, makeSource } from './source.fixture.js';
import { asIterable, textOf } from './span.fixture.js';

interface TracesData {
  resourceSpans: {
    resource: { attributes: { key: string; value: object }[] };
    scopeSpans: { scope: object; spans: Record<string, unknown>[] }[];
  }[];
}

async function convert(spans: StoredSpan[], source = makeSource()): Promise<TracesData[]> {
  const text = await textOf(exportOtlp(asIterable(...spans), source));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TracesData);
}

async function convertOne(span: Partial<StoredSpan>): Promise<Record<string, unknown> | undefined> {
  return (await convert([makeSpan(span)]))[0]?.resourceSpans[0]?.scopeSpans[0]?.spans[0];
}

describe('OTLP/JSON', () => {
  it('has ids in hex, times as decimal text, and enums as numbers', async () => {
    expect(await convertOne({ durationNanos: 12_345_678, parentId: '11'.repeat(8), isLocalRoot: true })).toEqual({
      traceId: FIXTURE_TRACE,
      spanId: '00f067aa0ba902b7',
      parentSpanId: '1111111111111111',
      flags: 0x301,
      name: 'GET /',
      kind: 2,
      startTimeUnixNano: '1767225600000000000',
      endTimeUnixNano: '1767225600012345678',
      attributes: [{ key: 'ferret.outcome', value: { stringValue: 'ok' } }],
      droppedAttributesCount: 0,
      status: { code: 0 },
    });
  });

  it('says whether the parent is of another service', async () => {
    expect(await convertOne({ parentId: '11'.repeat(8), isLocalRoot: false })).toMatchObject({ flags: 0x101 });
    const root = await convertOne({});
    expect(root).toMatchObject({ flags: 0x101 });
    expect(root).not.toHaveProperty('parentSpanId');
  });

  it('marks failed spans only, with what was thrown', async () => {
    const attributes = { 'exception.message': 'declined' };
    expect(await convertOne({ outcome: 'error', attributes })).toMatchObject({
      status: { code: 2, message: 'declined' },
    });
    expect(await convertOne({ outcome: 'error' })).toMatchObject({ status: { code: 2 } });
    for (const outcome of ['aborted', 'interrupted'] as const) {
      expect(await convertOne({ outcome, attributes })).toMatchObject({
        status: { code: 0 },
        attributes: expect.arrayContaining([{ key: 'ferret.outcome', value: { stringValue: outcome } }]),
      });
    }
  });

  it('types every value, 64-bit integers as text', async () => {
    const attributes = { s: 'x', i: -42, d: 0.5, big: 1e300, b: false, list: [1, 'a'], map: { k: null } };
    expect((await convertOne({ attributes }))?.['attributes']).toEqual([
      { key: 's', value: { stringValue: 'x' } },
      { key: 'i', value: { intValue: '-42' } },
      { key: 'd', value: { doubleValue: 0.5 } },
      { key: 'big', value: { doubleValue: 1e300 } },
      { key: 'b', value: { boolValue: false } },
      { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'a' }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: {} }] } } },
      { key: 'ferret.outcome', value: { stringValue: 'ok' } },
    ]);
  });

  it('counts attributes that were left out where the protocol does', async () => {
    const span = await convertOne({ attributes: { 'ferret.dropped_attributes': 7 } });
    expect(span).toMatchObject({ droppedAttributesCount: 7, attributes: [{ key: 'ferret.outcome' }] });
  });

  it('has links and events, and counts those that were left out', async () => {
    const span = await convertOne({
      links: [
        { traceId: '1'.repeat(32), spanId: '2'.repeat(16), tracestate: 'a=b', flags: 0x301, attributes: { n: 1 } },
        { traceId: '3'.repeat(32), spanId: '4'.repeat(16) },
      ],
      events: [{ name: 'retry', timeMicros: 5, attributes: { 'ferret.dropped_attributes': 3, ok: true } }],
      attributes: { 'ferret.dropped_links': 7, 'ferret.dropped_events': 8 },
    });
    expect(span).toMatchObject({
      attributes: [{ key: 'ferret.outcome' }],
      links: [
        {
          traceId: '1'.repeat(32),
          spanId: '2'.repeat(16),
          traceState: 'a=b',
          flags: 0x301,
          attributes: [{ key: 'n', value: { intValue: '1' } }],
          droppedAttributesCount: 0,
        },
        { traceId: '3'.repeat(32), spanId: '4'.repeat(16), attributes: [], droppedAttributesCount: 0 },
      ],
      droppedLinksCount: 7,
      events: [
        {
          timeUnixNano: '5000',
          name: 'retry',
          attributes: [{ key: 'ok', value: { boolValue: true } }],
          droppedAttributesCount: 3,
        },
      ],
      droppedEventsCount: 8,
    });
  });

  it('has no figure that a receiver would refuse', async () => {
    const counts = { 'ferret.dropped_attributes': -1, 'ferret.dropped_links': 'many', 'ferret.dropped_events': 1.5 };
    const events = [-5, 0, 5].map((timeMicros) => ({ name: 'retry', timeMicros }));
    expect(await convertOne({ attributes: counts, links: [], events })).toMatchObject({
      droppedAttributesCount: 0,
      droppedLinksCount: 0,
      droppedEventsCount: 0,
      events: [{ timeUnixNano: '0' }, { timeUnixNano: '0' }, { timeUnixNano: '5000' }],
    });
  });

  it('has a resource for each process', async () => {
    const processes = [makeProcess(), makeProcess({ processKey: 'process-2', pid: 99 })];
    const spans = [makeSpan(), makeSpan({ processKey: 'process-2' }), makeSpan(), makeSpan({ processKey: 'unknown' })];
    const [line] = await convert(spans, makeSource(makeRun({ processes })));
    expect(line?.resourceSpans.map((group) => group.scopeSpans[0]?.spans.length)).toEqual([2, 1, 1]);
    expect(line?.resourceSpans[0]?.scopeSpans[0]?.scope).toEqual({ name: '@ferretjs/core' });
    const attributes = (index: number) =>
      Object.fromEntries((line?.resourceSpans[index]?.resource.attributes ?? []).map(({ key, value }) => [key, value]));
    expect(attributes(0)).toMatchObject({
      'service.name': { stringValue: 'shop' },
      'service.instance.id': { stringValue: 'process-1' },
      'deployment.environment.name': { stringValue: 'test' },
      'host.name': { stringValue: 'box' },
      'process.pid': { intValue: '4711' },
      'ferret.run.id': { stringValue: 'run-1' },
    });
    expect(attributes(1)).toMatchObject({ 'process.pid': { intValue: '99' } });
    expect(attributes(2)).toEqual({});
  });

  it('is a line for some hundred spans, and none for no span', async () => {
    const lines = await convert(Array.from({ length: 600 }, () => makeSpan()));
    expect(lines).toHaveLength(3);
    expect(await convert([])).toEqual([]);
  });
});
