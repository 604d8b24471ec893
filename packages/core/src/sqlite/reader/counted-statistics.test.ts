import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture, FIXTURE_START_MICROS, type StoreFixture } from '../../testing/store-fixture.js';
import { type Connection, connect } from './connection.js';
import { type RouteStatisticsOptions, readRouteStatistics } from './counted-statistics.js';

const MINUTE = 60_000_000;
const MILLISECOND = 1_000_000;

let directory: string;
let store: StoreFixture;
let connection: Connection;

beforeEach(async () => {
  directory = temporaryDirectory();
  const file = join(directory, 'ferret.db');
  store = await createStoreFixture(file);
  connection = await connect(file);
});

afterEach(async () => {
  await connection.close();
  await store.close();
  await rm(directory, { recursive: true });
});

const counts = async (options?: RouteStatisticsOptions) =>
  (await readRouteStatistics(connection, 'run-1', options)).map(({ name, count }) => `${name} ${count}`);

describe('route statistics', () => {
  it('join minutes, processes and outcomes of a name', async () => {
    const run = await store.addRun();
    const first = await store.addProcess(run);
    const second = await store.addProcess(run);
    const later = FIXTURE_START_MICROS + MINUTE;
    await store.addRouteMinute(first, { durationsNanos: [1, 2, 3].map((millis) => millis * MILLISECOND) });
    await store.addRouteMinute(first, { durationsNanos: [4 * MILLISECOND], outcome: 'error' });
    await store.addRouteMinute(first, { durationsNanos: [5 * MILLISECOND], minuteMicros: later });
    await store.addRouteMinute(second, { durationsNanos: [600 * MILLISECOND], outcome: 'aborted' });
    await store.addRouteMinute(second, { durationsNanos: [MILLISECOND], name: 'other' });

    const [statistics, other] = await readRouteStatistics(connection, 'run-1');

    expect(statistics).toMatchObject({
      name: 'GET /',
      count: 6,
      errors: 1,
      totalNanos: 615 * MILLISECOND,
      averageNanos: 102.5 * MILLISECOND,
      minNanos: MILLISECOND,
      p99Nanos: 600 * MILLISECOND,
      maxNanos: 600 * MILLISECOND,
    });
    expect(Math.abs(statistics!.p50Nanos - 3 * MILLISECOND)).toBeLessThan(0.02 * 3 * MILLISECOND);
    expect(other).toEqual({
      name: 'other',
      count: 1,
      errors: 0,
      totalNanos: MILLISECOND,
      averageNanos: MILLISECOND,
      minNanos: MILLISECOND,
      p50Nanos: MILLISECOND,
      p95Nanos: MILLISECOND,
      p99Nanos: MILLISECOND,
      maxNanos: MILLISECOND,
      distribution: [{ fromNanos: 524_288, count: 1 }],
    });
  });

  it('are those of one run', async () => {
    const mine = await store.addProcess(await store.addRun());
    const others = await store.addProcess(await store.addRun({ runId: 'run-2' }));
    await store.addRouteMinute(mine, { durationsNanos: [1] });
    await store.addRouteMinute(others, { durationsNanos: [1, 2] });
    expect(await counts()).toEqual(['GET / 1']);
    expect(await readRouteStatistics(connection, 'nowhere')).toEqual([]);
  });

  it('may be limited to minutes', async () => {
    const process = await store.addProcess(await store.addRun());
    for (const minute of [0, 1, 2]) {
      const minuteMicros = FIXTURE_START_MICROS + minute * MINUTE;
      await store.addRouteMinute(process, { name: `minute ${minute}`, minuteMicros, durationsNanos: [3 - minute] });
    }
    const second = FIXTURE_START_MICROS + MINUTE;
    expect(await counts({ sinceMicros: second + 30_000_000 })).toEqual(['minute 1 1', 'minute 2 1']);
    expect(await counts({ untilMicros: second })).toEqual(['minute 0 1']);
    expect(await counts({ sinceMicros: second, untilMicros: second + MINUTE })).toEqual(['minute 1 1']);
  });

  it('go by outcome too', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addRouteMinute(process, { durationsNanos: [3, 4_000, 5_000] });
    await store.addRouteMinute(process, { durationsNanos: [2_000], name: 'other' });
    await store.addRouteMinute(process, { durationsNanos: [1], outcome: 'error' });
    expect(await readRouteStatistics(connection, 'run-1', { by: 'outcome' })).toMatchObject([
      {
        name: 'ok',
        count: 4,
        errors: 0,
        distribution: [
          { fromNanos: 0, count: 1 },
          { fromNanos: 1_024, count: 1 },
          { fromNanos: 2_048, count: 1 },
          { fromNanos: 4_096, count: 1 },
        ],
      },
      { name: 'error', count: 1, errors: 1 },
    ]);
  });

  it('join a name that one process stored as an id and another as text', async () => {
    const run = await store.addRun();
    await store.addRouteMinute(await store.addProcess(run), { name: '42', durationsNanos: [1] });
    await store.addRouteMinute(await store.addProcess(run), { name: '42', plainText: true, durationsNanos: [1] });
    expect(await counts()).toEqual(['42 2']);
  });

  it('come in pages, each row once', async () => {
    const process = await store.addProcess(await store.addRun());
    for (let index = 0; index < 25; index++) {
      await store.addRouteMinute(process, {
        name: `name ${index % 5}`,
        plainText: index % 2 === 0,
        outcome: index % 3 === 0 ? 'error' : 'ok',
        minuteMicros: FIXTURE_START_MICROS + Math.floor(index / 5) * MINUTE,
        durationsNanos: [1],
      });
    }
    for (const pageSize of [1, 2, 5, 24, 25, 26]) {
      const names = await readRouteStatistics(connection, 'run-1', {}, pageSize);
      expect(names.map(({ count, errors }) => count * 100 + errors).reduce((sum, value) => sum + value)).toBe(2_509);
    }
  });

  it('of a file with damaged buckets have all but percentiles', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addRouteMinute(process, { durationsNanos: [1, 2, 3] });
    await store.database.exec("UPDATE route_minute SET buckets = 'x'");
    expect(await readRouteStatistics(connection, 'run-1')).toMatchObject([{ count: 3, totalNanos: 6, maxNanos: 3 }]);
  });

  it('can be read with SQL alone, as docs/file-format.md shows', async () => {
    const process = await store.addProcess(await store.addRun());
    await store.addRouteMinute(process, { durationsNanos: [MILLISECOND, MILLISECOND, 3 * MILLISECOND] });
    const rows = await connection.all(`
      SELECT
        (32 + (bucket.value ->> 0) % 32) << (4 + (bucket.value ->> 0) / 32) AS from_ns,
        bucket.value ->> 1 AS count
      FROM ferret_routes_v1, json_each(buckets) AS bucket`);
    expect(rows).toEqual([
      { from_ns: 999_424, count: 2 },
      { from_ns: 2_949_120, count: 1 },
    ]);
  });
});
