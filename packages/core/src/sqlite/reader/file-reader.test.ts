import { describe, expect, it } from 'vitest';
import { FIXTURE_START_MICROS, type StoreFixture } from '../../testing/store-fixture.js';
import type { Reader, StoredSpan } from './file-reader.js';
import { openForEach } from './reader.fixture.js';
import { TRACE_ROWS } from './spans.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SECOND = 1_000_000;

let store: StoreFixture;
let reader: Reader;

openForEach((opened) => {
  ({ store, reader } = opened);
});

async function collect(spans: AsyncIterable<StoredSpan>): Promise<StoredSpan[]> {
  const collected: StoredSpan[] = [];
  for await (const span of spans) {
    collected.push(span);
  }
  return collected;
}

describe('runs', () => {
  it('come newest first, each with its own processes', async () => {
    const older = await store.addRun({ runId: 'older', startedAtMicros: FIXTURE_START_MICROS });
    const newer = await store.addRun({ runId: 'newer', startedAtMicros: FIXTURE_START_MICROS + SECOND });
    await store.addProcess(newer, { processKey: 'n1' });
    await store.addProcess(older, { processKey: 'o1' });
    await store.addProcess(newer, { processKey: 'n2' });

    const runs = await reader.runs();

    expect(runs.map((run) => [run.runId, run.processes.map((process) => process.processKey)])).toEqual([
      ['newer', ['n1', 'n2']],
      ['older', ['o1']],
    ]);
  });

  it('sum the ledgers of their processes, and call pending what nothing else explains', async () => {
    const run = await store.addRun();
    await store.addProcess(run, { started: 100, stored: 60, sampledOut: 10, queueFull: 5, writeFailed: 4, closed: 3 });
    await store.addProcess(run, { started: 57, stored: 30, tooLarge: 2, spilled: 8, folded: 7 });

    const { ledger, processes } = await reader.run();

    expect(ledger).toEqual({
      started: 157,
      stored: 90,
      sampledOut: 10,
      folded: 7,
      dropped: { queueFull: 5, writeFailed: 4, closed: 3, tooLarge: 2 },
      spilled: 8,
      pending: 28,
    });
    expect(processes.map((process) => process.ledger.pending)).toEqual([18, 10]);
  });

  it('have ended when all their processes have', async () => {
    const run = await store.addRun();
    expect((await reader.run()).endedAtMicros).toBeUndefined();
    await store.addProcess(run, { endedAtMicros: FIXTURE_START_MICROS + 7 * SECOND, endReason: 'SIGTERM' });
    await store.addProcess(run, { endedAtMicros: FIXTURE_START_MICROS + 3 * SECOND });
    const ended = await reader.run();
    expect(ended.endedAtMicros).toBe(FIXTURE_START_MICROS + 7 * SECOND);
    expect(ended.processes[0]).toMatchObject({ endReason: 'SIGTERM', hostname: 'box', threadName: 'main' });

    await store.addProcess(run, { endedAtMicros: null, endReason: null });
    const running = await reader.run();
    expect(running).not.toHaveProperty('endedAtMicros');
    expect(running.processes[2]).not.toHaveProperty('endReason');
  });

  it('are found by id, and the newest is the default', async () => {
    await store.addRun({ runId: 'a', service: 'first' });
    await store.addRun({ runId: 'b', service: 'second', resource: { 'service.version': '2' } });
    expect((await reader.run('a')).service).toBe('first');
    expect(await reader.run()).toMatchObject({ runId: 'b', resource: { 'service.version': '2' } });
  });

  it('are found by the beginning of an id, where it is the only one', async () => {
    for (const runId of ['5f0c-one', '5f0c-two', '77aa-one']) await store.addRun({ runId });
    expect((await reader.run('77')).runId).toBe('77aa-one');
    expect((await reader.run('5f0c-t')).runId).toBe('5f0c-two');
    await expect(reader.run('5f0c')).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      message: /holds 2 runs that begin with "5f0c": 5f0c-two, 5f0c-one\.$/,
    });
    await expect(reader.run('%')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('that do not exist are refused with the names of those that do', async () => {
    await expect(reader.run()).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', message: /holds no run yet/ });
    await expect(reader.run('x')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', message: /holds no run yet/ });
    for (let index = 1; index <= 12; index += 1) {
      await store.addRun({ runId: `r${index}` });
    }
    await expect(reader.run("x' OR 1")).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      message: /holds no run "x' OR 1". It holds: r12, r11, .*, r3 and 2 older ones\.$/,
    });
  });
});

describe('statistics', () => {
  it('give exact percentiles by nearest rank', async () => {
    const process = await store.addProcess(await store.addRun());
    for (let index = 1; index <= 200; index += 1) {
      const durationNanos = ((index * 77) % 200) + 1;
      await store.addSpan(process, { name: 'GET /a', durationNanos, outcome: durationNanos > 190 ? 'error' : 'ok' });
    }
    await store.addSpan(process, { name: 'GET /b', durationNanos: 9, outcome: 'aborted' });

    expect(await reader.statistics('run-1')).toEqual([
      {
        name: 'GET /a',
        count: 200,
        errors: 10,
        totalNanos: 20_100,
        averageNanos: 100.5,
        minNanos: 1,
        p50Nanos: 100,
        p95Nanos: 190,
        p99Nanos: 198,
        maxNanos: 200,
        distribution: [{ fromNanos: 0, count: 200 }],
      },
      {
        name: 'GET /b',
        count: 1,
        errors: 0,
        totalNanos: 9,
        averageNanos: 9,
        minNanos: 9,
        p50Nanos: 9,
        p95Nanos: 9,
        p99Nanos: 9,
        maxNanos: 9,
        distribution: [{ fromNanos: 0, count: 1 }],
      },
    ]);
  });

  it('count a name once, whether its text was stored or the id of it', async () => {
    const run = await store.addRun();
    const first = await store.addProcess(run);
    const second = await store.addProcess(run);
    await store.addSpan(first, { name: 'GET /a' });
    await store.addSpan(second, { name: 'GET /a', plainText: true });
    await store.addSpan(second, { name: '1', plainText: true });
    const counts = (await reader.statistics('run-1')).map(({ name, count }) => [name, count]);
    expect(counts).toEqual([
      ['GET /a', 2],
      ['1', 1],
    ]);
  });

  it('leave out the spans of other runs, though they lie between those of this one', async () => {
    const mine = await store.addProcess(await store.addRun({ runId: 'mine' }));
    const other = await store.addProcess(await store.addRun({ runId: 'other' }));
    await store.addSpan(mine);
    await store.addSpan(other);
    await store.addSpan(mine);
    expect(await reader.statistics('mine')).toMatchObject([{ count: 2 }]);
    expect(await reader.statistics('other')).toMatchObject([{ count: 1 }]);
    expect(await reader.statistics('unknown')).toEqual([]);
  });
});

describe('a stored span', () => {
  it('comes back with all it was stored with', async () => {
    const process = await store.addProcess(await store.addRun(), { processKey: 'p1', pid: 4711 });
    await store.addSpan(process, {
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      parentId: '00000000000000aa',
      isLocalRoot: true,
      name: 'GET /users/:id',
      kind: 'server',
      startMicros: FIXTURE_START_MICROS,
      durationNanos: 5_000,
      outcome: 'error',
      httpMethod: 'GET',
      httpRoute: '/users/:id',
      httpStatusCode: 500,
      errorType: 'TypeError',
      shared: { 'url.scheme': 'http', team: 'shared' },
      attributes: { team: 'growth', tags: ['a', 'b'], __proto__x: 1 },
    });

    expect(await reader.trace(TRACE)).toEqual([
      {
        traceId: TRACE,
        spanId: '00f067aa0ba902b7',
        parentId: '00000000000000aa',
        isLocalRoot: true,
        runId: 'run-1',
        processKey: 'p1',
        pid: 4711,
        threadId: 0,
        name: 'GET /users/:id',
        kind: 'server',
        startMicros: FIXTURE_START_MICROS,
        durationNanos: 5_000,
        outcome: 'error',
        httpMethod: 'GET',
        httpRoute: '/users/:id',
        httpStatusCode: 500,
        errorType: 'TypeError',
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/users/:id',
          'http.response.status_code': 500,
          'error.type': 'TypeError',
          'url.scheme': 'http',
          team: 'growth',
          tags: ['a', 'b'],
          __proto__x: 1,
        },
      },
    ]);
  });

  it('has no fields for what it was stored without', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addSpan(process, { traceId: TRACE, kind: 'internal' });
    const [span] = await reader.trace(TRACE);
    expect(span).toMatchObject({ kind: 'internal', attributes: {} });
    for (const field of ['parentId', 'httpMethod', 'httpRoute', 'httpStatusCode', 'errorType']) {
      expect(span).not.toHaveProperty(field);
    }
  });

  it('keeps a text that looks like the id of another', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addSpan(process, { name: 'the first string' });
    await store.addSpan(process, { traceId: TRACE, name: '1', errorType: '1', plainText: true });
    expect(await reader.trace(TRACE)).toMatchObject([{ name: '1', errorType: '1' }]);
  });

  it('cannot change a prototype by an attribute of that name', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addSpan(process, { traceId: TRACE });
    await store.database.run(`UPDATE span SET attributes = '{"__proto__":{"polluted":true}}'`);
    const [span] = await reader.trace(TRACE);
    expect(span?.attributes).not.toHaveProperty('polluted');
    expect(Object.keys(span?.attributes ?? {})).toEqual(['__proto__']);
  });
});

describe('a trace', () => {
  it('comes in order of start, a parent before a child that started with it', async () => {
    const process = await store.addProcess(await store.addRun());
    const startMicros = FIXTURE_START_MICROS;
    const add = (name: string, offset: number, durationNanos: number) =>
      store.addSpan(process, { traceId: TRACE, name, startMicros: startMicros + offset, durationNanos });
    await add('late', 5, 10);
    await add('child', 0, 10);
    await add('parent', 0, 100);
    await store.addSpan(process, { name: 'another trace' });

    expect((await reader.trace(TRACE)).map((span) => span.name)).toEqual(['parent', 'child', 'late']);
    expect((await reader.trace(TRACE, 2)).map((span) => span.name)).toEqual(['parent', 'child']);
  });

  it('is empty where the id is unknown or no id at all', async () => {
    expect(await reader.trace('0'.repeat(32))).toEqual([]);
    expect(await reader.trace("' OR 1=1 --")).toEqual([]);
  });

  it('is looked up by its index', async () => {
    const plan = await store.database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${TRACE_ROWS}`, [TRACE]);
    const lookUp = plan.find(({ detail }) => detail.includes('SEARCH indexed'))?.detail;
    expect(lookUp).toBe('SEARCH indexed USING INDEX span_by_trace (<expr>=? AND <expr>=?)');
  });
});

describe('the slowest roots', () => {
  it('are the slowest spans without a parent in the same process, of one run', async () => {
    const process = await store.addProcess(await store.addRun());
    const other = await store.addProcess(await store.addRun({ runId: 'other' }));
    await store.addSpan(process, { name: 'fast', durationNanos: 10 });
    await store.addSpan(other, { name: 'of another run', durationNanos: 1_000 });
    await store.addSpan(process, { name: 'slow', durationNanos: 300 });
    await store.addSpan(process, { name: 'child', durationNanos: 400, parentId: 'aa'.repeat(8) });
    await store.addSpan(process, { name: 'remote', durationNanos: 200, parentId: 'bb'.repeat(8), isLocalRoot: true });

    const names = async (limit: number) => (await reader.slowestRoots('run-1', limit)).map((span) => span.name);
    expect(await names(2)).toEqual(['slow', 'remote']);
    expect(await names(9)).toEqual(['slow', 'remote', 'fast']);
  });
});

describe('all spans', () => {
  it('come in the order they were stored, whatever the size of a page', async () => {
    const process = await store.addProcess(await store.addRun());
    const other = await store.addProcess(await store.addRun({ runId: 'other' }));
    for (let index = 0; index < 7; index += 1) {
      await store.addSpan(process, { name: `mine ${index}` });
      await store.addSpan(other, { name: `other ${index}` });
    }
    const expected = ['mine 0', 'mine 1', 'mine 2', 'mine 3', 'mine 4', 'mine 5', 'mine 6'];
    for (const pageSize of [1, 2, 7, 100]) {
      const spans = await collect(reader.spans('run-1', { pageSize }));
      expect(spans.map((span) => span.name)).toEqual(expected);
    }
    expect(await collect(reader.spans('other'))).toHaveLength(7);
    expect(await collect(reader.spans('unknown'))).toEqual([]);
  });

  it('end with those stored when the reading began', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addSpan(process, { name: 'first' });
    await store.addSpan(process, { name: 'second' });
    const names: string[] = [];
    for await (const span of reader.spans('run-1', { pageSize: 1 })) {
      names.push(span.name);
      await store.addSpan(process, { name: 'later' });
    }
    expect(names).toEqual(['first', 'second']);
  });
});
