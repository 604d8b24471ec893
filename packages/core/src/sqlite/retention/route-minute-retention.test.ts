import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOfProcess } from '../../spill/spill.fixture.js';
import { encodeBuckets, Histogram } from '../../statistics/histogram.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { nowMicros } from '../../trace/clock.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { openProcessStore } from '../store/process-store.js';
import { writeRouteMinutes } from '../store/route-minutes.js';
import { pruneRouteMinutes } from './route-minute-retention.js';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MEGABYTE = 1024 * 1024;
const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

/** An hour that began more than a day ago, and one of today that is over. */
const YESTERDAY = Math.floor(nowMicros() / HOUR) * HOUR - 30 * HOUR;
const TODAY = Math.floor(nowMicros() / HOUR) * HOUR - 5 * HOUR;

let directory: string;
let database: Database;

beforeEach(async () => {
  directory = temporaryDirectory();
  database = await openForWriting(join(directory, 'ferret.db'), 'normal', () => {});
  for (const key of ['one', 'two'])
    await openProcessStore(database, identityOfProcess(key, { startedAtMicros: nowMicros() }));
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

/** A row of the file for these durations. */
async function write(process: number, minuteMicros: number, name: string, ...nanos: readonly number[]): Promise<void> {
  const { count, sumNanos, minNanos, maxNanos, buckets } = histogramOf(nanos);
  const row = { minuteMicros, name, outcome: 'ok', count, sumNanos, minNanos, maxNanos, buckets } as const;
  await writeRouteMinutes(database, process, [row]);
}

function histogramOf(nanos: readonly number[]) {
  const histogram = new Histogram();
  for (const each of nanos) histogram.record(each);
  const { count, sumNanos, minNanos, maxNanos } = histogram;
  return { count, sumNanos, minNanos, maxNanos, buckets: encodeBuckets(histogram.buckets()) };
}

/** So many names in each of so many minutes, each with a histogram of some hundred bytes. */
async function fill(process: number, names: number, fromMicros: number, minutes: number): Promise<void> {
  const buckets = encodeBuckets(Array.from({ length: 40 }, (_, index) => [300 + index, 7] as const));
  const rows = Array.from({ length: names * minutes }, (_, index) => ({
    minuteMicros: fromMicros + Math.floor(index / names) * MINUTE,
    name: `job ${index % names}`,
    outcome: 'ok' as const,
    count: 280,
    sumNanos: 280_000,
    minNanos: 1_000,
    maxNanos: 9_000,
    buckets,
  }));
  await writeRouteMinutes(database, process, rows);
}

/** @returns how many pieces there were */
async function prune(limits: Partial<typeof NEVER> = {}): Promise<number> {
  let pieces = 0;
  for await (const _ of pruneRouteMinutes(database, { ...NEVER, ...limits })) pieces++;
  return pieces;
}

function rows(): Promise<{ minute_us: number; name: string; count: number; buckets: string }[]> {
  return database.all('SELECT * FROM ferret_routes_v1 ORDER BY process_key, minute_us, name');
}

async function bytes(): Promise<number> {
  const [row] = await database.all<{ bytes: number }>(
    'SELECT sum(octet_length(buckets) + 72) AS bytes FROM route_minute',
  );
  return row!.bytes;
}

const total = async () => (await rows()).reduce((sum, { count }) => sum + count, 0);

describe('minutes of more than a day ago', () => {
  it('become hours, as exact as they were', async () => {
    const durations = Array.from({ length: 600 }, (_, index) => Math.round(1_000 * 1.03 ** (index % 400)));
    for (let minute = 0; minute < 60; minute++) {
      await write(1, YESTERDAY + minute * MINUTE, 'job', ...durations.slice(minute * 10, minute * 10 + 10));
    }
    await prune();
    const { count, sumNanos, minNanos, maxNanos, buckets } = histogramOf(durations);
    expect(await rows()).toEqual([
      expect.objectContaining({
        minute_us: YESTERDAY,
        name: 'job',
        outcome: 'ok',
        count,
        sum_ns: sumNanos,
        min_ns: minNanos,
        max_ns: maxNanos,
        buckets,
      }),
    ]);
  });

  it('do so by name, outcome and process, also those of a clock that stepped back, and once', async () => {
    await write(1, YESTERDAY + MINUTE, 'job', 5_000);
    await write(1, YESTERDAY + MINUTE + 3, 'job', 5_000);
    await write(1, YESTERDAY + 59 * MINUTE, 'other', 5_000);
    await write(1, YESTERDAY + HOUR, 'job', 5_000);
    await write(2, YESTERDAY + 2 * MINUTE, 'job', 5_000);
    expect(await prune()).toBeGreaterThan(0);
    expect(await prune()).toBe(0);
    const found = (await rows()).map(({ minute_us, name, count }) => [minute_us, name, count]);
    expect(found).toEqual([
      [YESTERDAY, 'job', 2],
      [YESTERDAY, 'other', 1],
      [YESTERDAY + HOUR, 'job', 1],
      [YESTERDAY, 'job', 1],
    ]);
  });

  it('do so in pieces, so that a batch is not kept waiting', async () => {
    await fill(1, 100, YESTERDAY, 60);
    expect(await prune()).toBeGreaterThan(20);
    expect(await rows()).toHaveLength(100);
    expect(await total()).toBe(100 * 60 * 280);
  });

  it('stay as they are where their process may not have written them all', async () => {
    await write(1, YESTERDAY + MINUTE, 'job', 5_000);
    await write(1, YESTERDAY + 2 * MINUTE, 'job', 5_000);
    await database.run('UPDATE process SET last_seen_us = ? WHERE id = 1', [YESTERDAY + HOUR]);
    expect(await prune()).toBe(0);
    await database.run('UPDATE process SET ended_at_us = last_seen_us WHERE id = 1');
    await prune();
    expect(await rows()).toHaveLength(1);
  });

  it('of today stay apart', async () => {
    await write(1, TODAY + MINUTE, 'job', 5_000);
    await write(1, TODAY + 2 * MINUTE, 'job', 5_000);
    expect(await prune()).toBe(0);
  });
});

describe('beyond a quarter of the file', () => {
  it("today's minutes become hours, too, but for the last", async () => {
    const hour = Math.floor(nowMicros() / HOUR) * HOUR;
    await fill(1, 50, TODAY, 120);
    await fill(1, 50, hour, 2);
    await prune({ maxBytes: 4 * MEGABYTE });
    expect(await rows()).toHaveLength(50 * 4);
    expect(await total()).toBe(50 * 122 * 280);
  });

  it('the oldest hours go, of all processes alike, and no more of them than it takes', async () => {
    for (const process of [1, 2]) {
      for (let hour = 0; hour < 4; hour++) await fill(process, 1_000, YESTERDAY + hour * HOUR, 1);
    }
    const before = await bytes();
    await prune({ maxBytes: before * 2 });
    expect(await bytes()).toBeLessThanOrEqual(before / 2);
    expect(await bytes()).toBeGreaterThan(before / 4);
    const hours = new Set((await rows()).map(({ minute_us }) => minute_us));
    expect([...hours].sort()).toEqual([YESTERDAY + 2 * HOUR, YESTERDAY + 3 * HOUR]);
  });

  it('names count, too, each once', async () => {
    const long = (name: string) => `${name} ${'x'.repeat(500)}`;
    await write(1, YESTERDAY, long('first'), 5_000);
    for (const hour of [1, 2, 3]) await write(1, YESTERDAY + hour * HOUR, long('second'), 5_000);
    await prune({ maxBytes: 2_600 * 4 });
    expect(await rows()).toHaveLength(4);
    await prune({ maxBytes: 1_900 * 4 });
    expect((await rows()).map(({ name }) => name)).toEqual([long('second'), long('second'), long('second')]);
  });

  it('ends, where rows belong to no process', async () => {
    await fill(99, 100, YESTERDAY, 60);
    expect(await prune({ maxBytes: MEGABYTE })).toBeLessThan(10);
  });

  it('also what bears the time of a clock that was ahead', async () => {
    await fill(1, 3_000, nowMicros() + 365 * DAY, 1);
    await prune({ maxBytes: 1 });
    expect(await rows()).toEqual([]);
  });
});

it('what is too old goes, and nothing else', async () => {
  await write(1, nowMicros() - 8 * DAY, 'job', 5_000);
  await write(2, nowMicros() - 8 * DAY, 'job', 5_000);
  await write(2, nowMicros() - DAY / 2, 'job', 5_000);
  await prune({ maxAgeMicros: 7 * DAY });
  expect(await rows()).toHaveLength(1);
});
