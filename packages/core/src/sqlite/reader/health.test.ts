import { chmod, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStoreFixture, FIXTURE_START_MICROS as START, type StoreFixture } from '../../testing/store-fixture.js';
import { APPLICATION_ID, SCHEMA_VERSION } from '../file/schema.js';
import { openReader, type Reader } from './file-reader.js';
import { openForEach } from './reader.fixture.js';

const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

let file: string;
let store: StoreFixture;
let reader: Reader;

openForEach((opened) => {
  ({ file, store, reader } = opened);
});

describe('health', () => {
  it('of an empty file', async () => {
    await chmod(file, 0o640);
    expect(await reader.health()).toEqual({
      schemaVersion: SCHEMA_VERSION,
      currentSchemaVersion: SCHEMA_VERSION,
      applicationId: APPLICATION_ID,
      bytes: expect.any(Number),
      walBytes: expect.any(Number),
      freeBytes: 0,
      isIncrementallyVacuumed: false,
      mode: 0o640,
      leases: [],
      orphans: { examined: 0, count: 0, unknown: 0 },
    });
  });

  it('counts the last hour and the last day before the newest span', async () => {
    const row = await store.addProcess(await store.addRun());
    for (let hour = 0; hour < 100; hour++) await store.addSpan(row, { startMicros: START + hour * HOUR });
    for (let at = 0; at < 5; at++) await store.addSpan(row, { startMicros: START + 99 * HOUR + at });
    const { growth } = await reader.health();
    expect(growth).toMatchObject({ spans: 105, lastHour: 6, lastDay: 29, oldestMicros: START + 1_000 });
    expect(growth?.newestMicros).toBe(START + 99 * HOUR + 4 + 1_000);
    expect(growth?.bytesPerSpan).toBeGreaterThan(100);
  });

  /** A thousand spans an hour for six hours, and among them rows that tell another time. */
  const HOURLY = 1_000;
  const ODD_ROWS: Record<string, readonly { at: number; startMicros: number; durationMicros: number }[]> = {
    'a stream that was open all the time, stored last': [{ at: 6_000, startMicros: 0, durationMicros: 6 * HOUR }],
    'a stream that was open all the time, stored first': [{ at: 0, startMicros: 0, durationMicros: 6 * HOUR }],
    'long spans everywhere': Array.from({ length: 600 }, (_, index) => ({
      at: index * 10,
      startMicros: 0,
      durationMicros: Math.round((index / 100) * HOUR),
    })),
    'spans of dead processes, stored hours later': [3_000, 5_990, 6_000].map((at) => ({
      at,
      startMicros: 0,
      durationMicros: SECOND,
    })),
    'a clock that was a day ahead for a while': Array.from({ length: 500 }, (_, index) => ({
      at: 2_800 + index,
      startMicros: 27 * HOUR,
      durationMicros: SECOND,
    })),
    'a clock that was years behind for a while': Array.from({ length: 500 }, (_, index) => ({
      at: 2_800 + index,
      startMicros: -90_000 * HOUR,
      durationMicros: SECOND,
    })),
  };

  it.each(Object.entries(ODD_ROWS))('R8: tells how fast the file grows with %s', async (_, odd) => {
    const row = await store.addProcess(await store.addRun());
    const rows = Array.from({ length: 6 * HOURLY }, (_, index) => [(index * HOUR) / HOURLY, SECOND / 1_000] as const);
    const all: (readonly [number, number])[] = [...rows];
    for (const { at, startMicros, durationMicros } of [...odd].reverse())
      all.splice(at, 0, [startMicros, durationMicros]);
    await store.database.run(
      `INSERT INTO span (process_id, trace_id, span_id, is_local_root, name, kind, start_us, duration_ns, outcome)
      SELECT ?, randomblob(16), randomblob(8), 1, 'n', 1, ${START} + (value ->> 0), (value ->> 1) * 1000, 0 FROM json_each(?)`,
      [row, JSON.stringify(all)],
    );
    const growth = (await reader.health()).growth!;
    expect(growth.lastHour / HOURLY).toBeGreaterThan(0.7);
    expect(growth.lastHour / HOURLY).toBeLessThan(1.4);
    const hours = (growth.newestMicros - growth.oldestMicros) / HOUR;
    expect(hours).toBeGreaterThan(5.5);
    expect(hours).toBeLessThan(6.5);
  });

  it('names who holds a lease, and whether it lives', async () => {
    const expires = (Date.now() + 20_000) * 1_000;
    for (const [name, pid] of [
      ['recovery', 0x7fff_fffe],
      ['retention', process.pid],
    ] as const) {
      const holder = JSON.stringify({ processKey: name, hostname: hostname(), pid, pidStart: null });
      await store.database.run('INSERT INTO lease VALUES (?, ?, ?)', [name, holder, expires]);
    }
    const { leases } = await reader.health();
    expect(leases).toMatchObject([
      { name: 'recovery', isAlive: false },
      { name: 'retention', pid: process.pid, hostname: hostname(), expiresAtMicros: expires, isAlive: true },
    ]);
  });

  it('finds spans whose parents are nowhere, and no others', async () => {
    const run = await store.addRun();
    const ended = await store.addProcess(run);
    const live = await store.addProcess(run, { endedAtMicros: null, lastSeenMicros: START + 60 * SECOND });
    const at = (startMicros: number) => ({ traceId: TRACE, startMicros });
    await store.addSpan(ended, { ...at(START), spanId: '00000000000000b1', parentId: '00000000000000a1' });
    await store.addSpan(ended, { ...at(START), spanId: '00000000000000a1' });
    // Called from another service; without a trace of its parent; the same of a process that runs, of which the second
    // is fresh, and of one whose spans wait in a spill file.
    const behind = await store.addProcess(run, {
      endedAtMicros: null,
      lastSeenMicros: START + 60 * SECOND,
      spilled: 1,
    });
    await store.addSpan(behind, { ...at(START), parentId: '00000000000000c6' });
    await store.addSpan(ended, { ...at(START), parentId: '00000000000000c1', isLocalRoot: true });
    await store.addSpan(ended, { ...at(START), parentId: '00000000000000c2' });
    await store.addSpan(live, { ...at(START), parentId: '00000000000000c3' });
    await store.addSpan(live, { ...at(START + 59 * SECOND), parentId: '00000000000000c4' });
    await store.addSpan(live, { ...at(START), parentId: '00000000000000c5' });
    await store.database.run(
      "INSERT INTO open_span (process_id, trace_id, span_id, name, kind, start_us) VALUES (?, unhex(?), unhex(?), '', 0, 0)",
      [live, TRACE, '00000000000000c5'],
    );
    const { orphans } = await reader.health();
    expect(orphans).toEqual({ examined: 8, count: 2, unknown: 0 });
  });

  it('looks up parents that were stored long before, some of them', async () => {
    const row = await store.addProcess(await store.addRun());
    const parentId = '00000000000000a1';
    await store.addSpan(row, { traceId: TRACE, spanId: parentId });
    await store.database.run(
      `WITH RECURSIVE row (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM row LIMIT 20000)
      INSERT INTO span (process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome)
      SELECT ?, unhex(?), randomblob(8), CASE WHEN id > 19850 THEN unhex(?) END, 0, 'n', 0, ?, 1, 0 FROM row`,
      [row, TRACE, parentId, START],
    );
    expect((await reader.health()).orphans).toEqual({ examined: 20_000, count: 0, unknown: 50 });
  });
});

describe('check', () => {
  it('finds nothing in a sound file', async () => {
    await store.addSpan(await store.addProcess(await store.addRun()));
    expect([await reader.check(), await reader.check(true)]).toEqual([[], []]);
  });

  it('says what is wrong with a damaged one', async () => {
    const damaged = join(dirname(file), 'damaged.db');
    const filled = await createStoreFixture(damaged);
    const row = await filled.addProcess(await filled.addRun());
    for (let at = 0; at < 500; at++) await filled.addSpan(row, { attributes: { text: 'x'.repeat(200) } });
    await filled.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const [{ pages = 0 } = {}] = await filled.database.all<{ pages: number }>(
      'SELECT page_count AS pages FROM pragma_page_count',
    );
    await filled.close();
    const handle = await open(damaged, 'r+');
    await handle.write(Buffer.alloc(4_096, 0x5a), 0, 4_096, (pages - 3) * 4_096);
    await handle.close();
    const broken = await openReader(damaged);
    const problems = await broken.check().catch((error: Error) => [error.message]);
    await broken.close();
    expect(problems.length).toBeGreaterThan(0);
  });
});
