import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReader, type Reader } from './file-reader.js';
import { createStoreFixture, FIXTURE_START_MICROS as START, type StoreFixture } from './reader.fixture.js';

const MINUTE = 60_000_000;
const MILLI = 1_000_000;

let directory: string;
let store: StoreFixture;
let reader: Reader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ferret-distributions-'));
  const file = join(directory, 'ferret.db');
  store = await createStoreFixture(file);
  reader = await openReader(file);
});

afterEach(async () => {
  await reader.close();
  await store.close();
  await rm(directory, { recursive: true });
});

describe('distributions', () => {
  it('are none where nothing was recorded', async () => {
    expect(await reader.distributions()).toEqual({ basis: 'spans', names: [], leftOut: 0 });
  });

  it('are read from the spans where nothing was counted, in parts of the time', async () => {
    const process = await store.addProcess(await store.addRun(), { lastSeenMicros: START + 100 * MINUTE - 1 });
    for (let minute = 0; minute < 100; minute++) {
      await store.addSpan(process, {
        name: minute % 2 === 0 ? 'even' : '404',
        plainText: minute % 4 === 1,
        startMicros: START + minute * MINUTE,
        durationNanos: (minute + 1) * MILLI,
        outcome: minute < 20 ? 'error' : 'ok',
      });
    }
    const { basis, names } = await reader.distributions({ runId: 'run-1' });
    expect(basis).toBe('spans');
    expect(names.map(({ name, histogram, errors, parts }) => [name, histogram.count, errors, parts.length])).toEqual([
      ['even', 50, 10, 10],
      ['404', 50, 10, 10],
    ]);
    const [even] = names;
    expect(even?.parts.map(({ histogram, errors }) => [histogram.count, errors])).toEqual([
      [5, 5],
      [5, 5],
      ...Array.from({ length: 8 }, () => [5, 0]),
    ]);
    expect(even?.histogram.percentile(50)).toBeCloseTo(49 * MILLI, -6);
    expect(even?.histogram.maxNanos).toBe(99 * MILLI);
  });

  it('are of one run or all, and of a time', async () => {
    const first = await store.addProcess(await store.addRun(), { lastSeenMicros: START + 10 * MINUTE });
    const second = await store.addProcess(await store.addRun({ runId: 'run-2' }), {
      lastSeenMicros: START + 10 * MINUTE,
    });
    for (let minute = 0; minute < 10; minute++) {
      await store.addSpan(first, { startMicros: START + minute * MINUTE });
      await store.addSpan(second, { startMicros: START + minute * MINUTE });
    }
    const count = async (options: Parameters<Reader['distributions']>[0]) =>
      (await reader.distributions(options)).names.reduce((sum, { histogram }) => sum + histogram.count, 0);
    expect(await count({})).toBe(20);
    expect(await count({ runId: 'run-2' })).toBe(10);
    expect(await count({ sinceMicros: START + 5 * MINUTE })).toBe(10);
    expect(await count({ untilMicros: START + 3 * MINUTE })).toBe(6);
    expect(await count({ runId: 'run-1', sinceMicros: START + MINUTE, untilMicros: START + 3 * MINUTE })).toBe(2);
    expect(await count({ runId: 'nope' })).toBe(0);
  });

  it('are what the processes counted, where all of them did, and each minute belongs to one range', async () => {
    const end = START + 60 * MINUTE;
    const process = await store.addProcess(await store.addRun(), { started: 120, lastSeenMicros: end });
    for (let minute = 0; minute < 60; minute++) {
      const minuteMicros = START + minute * MINUTE;
      await store.addRouteMinute(process, { minuteMicros, durationsNanos: [MILLI, 3 * MILLI] });
      await store.addRouteMinute(process, { minuteMicros, durationsNanos: [9 * MILLI], outcome: 'error' });
    }
    const { basis, names } = await reader.distributions({ runId: 'run-1' });
    expect([basis, names.length, names[0]?.histogram.count, names[0]?.errors]).toEqual(['counts', 1, 180, 60]);
    expect(names[0]?.parts).toHaveLength(10);
    const middle = START + 30.5 * MINUTE;
    const early = await reader.distributions({ untilMicros: middle });
    const late = await reader.distributions({ sinceMicros: middle });
    expect([early.basis, late.basis]).toEqual(['counts', 'counts']);
    expect([early, late].map((side) => side.names[0]?.histogram.count)).toEqual([93, 87]);
    await store.addProcess(1, { started: 1, lastSeenMicros: end });
    expect((await reader.distributions()).basis).toBe('spans');
  });

  it('are read from the spans where whole minutes would be too coarse, unless these have been deleted', async () => {
    const end = START + 5 * MINUTE;
    const process = await store.addProcess(await store.addRun(), { started: 2, lastSeenMicros: end });
    await store.addRouteMinute(process, { minuteMicros: START, durationsNanos: [MILLI, MILLI] });
    expect(await reader.distributions({ runId: 'run-1' })).toMatchObject({ basis: 'counts', names: [{ errors: 0 }] });
    for (const startMicros of [START, end]) await store.addSpan(process, { startMicros });
    const { basis, names } = await reader.distributions({ runId: 'run-1' });
    expect([basis, names[0]?.parts.length]).toEqual(['spans', 2]);
  });

  it('leave out spans that are deleted while they are read, with their names', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addSpan(process, { name: 'gone' });
    await store.addSpan(process, { name: 'there' });
    // As it is when a page has been read, and the names of its spans have not.
    await store.database.run("DELETE FROM string WHERE text = 'gone'");
    expect((await reader.distributions()).names.map(({ name }) => name)).toEqual(['there']);
  });

  it('have a bound on names, and say how much lies beyond', async () => {
    const process = await store.addProcess(await store.addRun(), { lastSeenMicros: START + MINUTE });
    await store.database.run(
      `WITH RECURSIVE row (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM row LIMIT 12000)
      INSERT INTO span (process_id, trace_id, span_id, is_local_root, name, kind, start_us, duration_ns, outcome)
      SELECT ?, randomblob(16), randomblob(8), 1, 'name ' || (id % 3000), 0, ?, 1000, 0 FROM row`,
      [process, START],
    );
    await store.database.run('UPDATE process SET first_span_id = 1, last_span_id = 12000');
    const { names, leftOut } = await reader.distributions();
    expect([names.length, leftOut]).toEqual([2_000, 4_000]);
  });
});
