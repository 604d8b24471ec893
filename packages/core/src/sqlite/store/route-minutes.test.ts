import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RouteStatistics } from '../../statistics/route-statistics.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture, FIXTURE_START_MICROS, type StoreFixture } from '../../testing/store-fixture.js';
import { connect } from '../reader/connection.js';
import { readRouteStatistics } from '../reader/counted-statistics.js';
import { writeRouteMinutes } from './route-minutes.js';

let directory: string;
let store: StoreFixture;
let processId: number;

beforeEach(async () => {
  directory = temporaryDirectory();
  store = await createStoreFixture(join(directory, 'ferret.db'));
  processId = await store.addProcess(await store.addRun());
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function read() {
  const connection = await connect(join(directory, 'ferret.db'));
  try {
    return await readRouteStatistics(connection, 'run-1');
  } finally {
    await connection.close();
  }
}

it('writes what was counted, and what was counted since in place of it', async () => {
  const statistics = new RouteStatistics();
  statistics.record('GET /users/:id', 'ok', 1_000_000, FIXTURE_START_MICROS);
  statistics.record('GET /users/:id', 'error', 3_000_000, FIXTURE_START_MICROS);
  const rows = statistics.drain();
  await writeRouteMinutes(store.database, processId, rows);
  await writeRouteMinutes(store.database, processId, rows);
  statistics.confirm();
  statistics.record('GET /users/:id', 'ok', 2_000_000, FIXTURE_START_MICROS);
  await writeRouteMinutes(store.database, processId, statistics.drain());
  await writeRouteMinutes(store.database, processId, []);

  expect(await read()).toMatchObject([
    { name: 'GET /users/:id', count: 3, errors: 1, totalNanos: 6_000_000, minNanos: 1_000_000, maxNanos: 3_000_000 },
  ]);
});

it('writes names of any kind, each as one', async () => {
  const names = ['42', '', `"quoted" '\\`, '💥', "x'; DROP TABLE span; --", 'a\u0000b'];
  const statistics = new RouteStatistics();
  for (const name of names) {
    statistics.record(name, 'ok', 1, FIXTURE_START_MICROS);
    statistics.record(name, 'aborted', 1, FIXTURE_START_MICROS);
  }
  await writeRouteMinutes(store.database, processId, statistics.drain());
  expect((await read()).map(({ name, count }) => [name, count])).toEqual(names.toSorted().map((name) => [name, 2]));
});
