import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture, FIXTURE_START_MICROS } from '../../testing/store-fixture.js';
import { openReader, type Reader, type StoredSpan, type StoredTrace } from './file-reader.js';

const EARLY = 'ee'.repeat(16);
const LATE = 'aa'.repeat(16);
const OTHER = 'bb'.repeat(16);

let directory: string;
let reader: Reader;

beforeAll(async () => {
  directory = temporaryDirectory();
  const file = join(directory, 'ferret.db');
  const store = await createStoreFixture(file);
  const run = await store.addRun({ runId: 'run-1' });
  const first = await store.addProcess(run);
  const second = await store.addProcess(run);
  const elsewhere = await store.addProcess(await store.addRun({ runId: 'run-2' }));
  const at = (micros: number) => FIXTURE_START_MICROS + micros;
  // As a file is written: a span when it ends, traces and processes mixed.
  await store.addSpan(first, { traceId: LATE, name: 'late child', parentId: '01'.repeat(8), startMicros: at(60) });
  await store.addSpan(second, { traceId: EARLY, name: 'early second root', isLocalRoot: true, startMicros: at(20) });
  await store.addSpan(first, { traceId: LATE, name: 'late root', startMicros: at(50) });
  await store.addSpan(elsewhere, { traceId: OTHER, name: 'of another run', startMicros: at(30) });
  await store.addSpan(elsewhere, { traceId: EARLY, name: 'early in another run', startMicros: at(25) });
  await store.addSpan(first, { traceId: EARLY, name: 'early child', startMicros: at(10), durationNanos: 1 });
  await store.addSpan(first, { traceId: EARLY, name: 'early root', startMicros: at(10), durationNanos: 2 });
  await store.close();
  reader = await openReader(file);
});

afterAll(async () => {
  await reader.close();
  await rm(directory, { recursive: true });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const names = (spans: readonly StoredSpan[]) => spans.map((span) => span.name);
const shape = (traces: readonly StoredTrace[]) =>
  traces.map((trace) => [trace.traceId, trace.part, names(trace.spans)] as const);

describe('traces()', () => {
  it('brings every trace once, whole, in order of start, however its spans lie in the file', async () => {
    expect(shape(await collect(reader.traces('run-1')))).toEqual([
      [EARLY, 0, ['early root', 'early child', 'early second root']],
      [LATE, 0, ['late root', 'late child']],
    ]);
  });

  it('reads all runs without an id, and nothing of one that is not there', async () => {
    const traces = await collect(reader.traces(undefined));
    expect(traces.map((trace) => trace.spans.length)).toEqual([4, 1, 2]);
    expect(await collect(reader.traces('unknown'))).toEqual([]);
    expect(await collect(reader.traces("x' OR 1=1 --"))).toEqual([]);
  });

  it('cuts a long trace into parts', async () => {
    expect(shape(await collect(reader.traces('run-1', { maxSpans: 2 })))).toEqual([
      [EARLY, 0, ['early root', 'early child']],
      [EARLY, 1, ['early second root']],
      [LATE, 0, ['late root', 'late child']],
    ]);
  });

  it('keeps traces whole by when they started, and finds one by its id', async () => {
    const since = await collect(reader.traces('run-1', { sinceMicros: FIXTURE_START_MICROS + 20 }));
    expect(since.map((trace) => trace.traceId)).toEqual([LATE]);
    const until = await collect(reader.traces('run-1', { untilMicros: FIXTURE_START_MICROS + 50 }));
    expect(until.map((trace) => trace.spans.length)).toEqual([3]);
    expect(shape(await collect(reader.traces('run-1', { traceId: LATE })))).toEqual([
      [LATE, 0, ['late root', 'late child']],
    ]);
  });

  it('may be left early, and leaves nothing behind', async () => {
    for await (const trace of reader.traces('run-1')) {
      expect(trace.traceId).toBe(EARLY);
      break;
    }
    expect((await readdir(directory)).filter((name) => !/^ferret\.db(-wal|-shm)?$/.test(name))).toEqual([]);
    expect(await collect(reader.traces('run-1'))).toHaveLength(2);
  });
});

describe('spans() with a filter', () => {
  it('takes spans by when they started, by their trace, and of all runs', async () => {
    const sinceMicros = FIXTURE_START_MICROS + 20;
    const untilMicros = FIXTURE_START_MICROS + 50;
    expect(names(await collect(reader.spans('run-1', { sinceMicros, untilMicros })))).toEqual(['early second root']);
    for (const pageSize of [1, 2, 10]) {
      expect(names(await collect(reader.spans(undefined, { traceId: EARLY, pageSize })))).toEqual([
        'early second root',
        'early in another run',
        'early child',
        'early root',
      ]);
    }
    expect(names(await collect(reader.spans('run-2', { traceId: EARLY })))).toEqual(['early in another run']);
  });
});
