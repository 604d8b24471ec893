import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { FIXTURE_TRACE, makeSpan } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { exportChrome } from './chrome.js';
import { makeProcess, makeRun, makeSource } from './source.fixture.js';
import { asIterable, textOf } from './span.fixture.js';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  args: Record<string, unknown>;
}

const start = makeSpan().startMicros;
const trace = (...spans: StoredSpan[]): StoredTrace => ({ traceId: FIXTURE_TRACE, part: 0, spans });
const at = (micros: number, span: Partial<StoredSpan> = {}) => makeSpan({ startMicros: start + micros, ...span });

async function convert(traces: StoredTrace[], source = makeSource()) {
  return JSON.parse(await textOf(exportChrome(asIterable(...traces), source))) as {
    traceEvents: TraceEvent[];
    otherData: object;
  };
}

describe('trace events', () => {
  it('are complete events with times from the start of the run, and name their process and lane', async () => {
    const span = at(1_500, { durationNanos: 1_234_567, outcome: 'error', attributes: { 'user.id': 42 } });
    const { traceEvents, otherData } = await convert([trace(span)]);
    expect(traceEvents).toEqual([
      { name: 'process_name', ph: 'M', pid: 4711, tid: 1, ts: 0, args: { name: 'shop, process 4711' } },
      { name: 'thread_name', ph: 'M', pid: 4711, tid: 1, ts: 0, args: { name: 'lane 1' } },
      {
        name: 'GET /',
        cat: 'server',
        ph: 'X',
        pid: 4711,
        tid: 1,
        ts: 1_500,
        dur: 1234.567,
        args: { traceId: FIXTURE_TRACE, spanId: span.spanId, outcome: 'error', attributes: { 'user.id': 42 } },
      },
    ]);
    expect(otherData).toEqual({
      exporter: 'ferret',
      run: 'run-1',
      service: 'shop',
      origin: '2026-01-01T00:00:00.000Z',
    });
  });

  it('have an instant for each event of a span, and its links among the arguments', async () => {
    const links = [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }];
    const events = [
      { name: 'retry', timeMicros: start + 1_600, attributes: { attempt: 2 } },
      { name: 'gave up', timeMicros: start + 1_700 },
    ];
    const { traceEvents } = await convert([trace(at(1_500, { links, events }))]);
    const { pid, tid, spanId } = { pid: 4711, tid: 1, spanId: makeSpan().spanId };
    expect(traceEvents.filter(({ ph }) => ph === 'X')).toMatchObject([{ args: { links } }]);
    expect(traceEvents.filter(({ ph }) => ph === 'i')).toEqual([
      {
        name: 'retry',
        cat: 'server',
        ph: 'i',
        s: 't',
        pid,
        tid,
        ts: 1_600,
        args: { spanId, attributes: { attempt: 2 } },
      },
      { name: 'gave up', cat: 'server', ph: 'i', s: 't', pid, tid, ts: 1_700, args: { spanId } },
    ]);
  });

  it('put traces that ran at once on lanes of their own, and use a free lane again', async () => {
    const { traceEvents } = await convert([
      trace(at(0)),
      trace(at(500)),
      trace(at(1_200)),
      trace(at(1_300)),
      trace(at(5_000)),
    ]);
    expect(traceEvents.filter((event) => event.ph === 'X').map((event) => event.tid)).toEqual([1, 2, 1, 3, 3]);
    expect(traceEvents.filter((event) => event.name === 'thread_name').map((event) => event.args.name)).toEqual([
      'lane 1',
      'lane 2',
      'lane 3',
    ]);
    expect(traceEvents.filter((event) => event.name === 'process_name')).toHaveLength(1);
  });

  it('tell processes apart that share a pid, as worker threads do', async () => {
    const processes = [makeProcess(), makeProcess({ processKey: 'worker', threadId: 1 })];
    const worker = { processKey: 'worker', threadId: 1, spanId: 'b', parentId: makeSpan().spanId };
    const { traceEvents } = await convert([trace(at(0), at(1, worker))], makeSource(makeRun({ processes })));
    expect(new Set(traceEvents.map(({ pid, tid }) => `${pid} ${tid}`))).toEqual(new Set(['4711 1', '4712 2']));
    expect(traceEvents.map((event) => event.args.name)).toContain('shop, process 4711, thread 1');
  });

  it('never lie before the first of them', async () => {
    const { traceEvents } = await convert([trace(at(-10)), trace(at(5))]);
    expect(traceEvents.filter((event) => event.ph === 'X').map((event) => event.ts)).toEqual([0, 15]);
  });

  it('are a document without a span, and of a process nobody knows', async () => {
    expect(await convert([])).toMatchObject({ traceEvents: [], otherData: { origin: null } });
    const { traceEvents } = await convert([trace(at(0))], {
      runs: [],
      isOneTrace: false,
      warn: () => undefined,
      warnings: [],
    });
    expect(traceEvents[0]?.args.name).toBe('process, process 4711');
  });
});
