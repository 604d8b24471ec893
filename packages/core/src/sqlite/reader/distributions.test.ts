import { describe, expect, it } from 'vitest';
import { FIXTURE_START_MICROS as START, type StoreFixture } from '../../testing/store-fixture.js';
import type { Reader } from './file-reader.js';
import { openForEach } from './reader.fixture.js';

const MINUTE = 60_000_000;
const MILLI = 1_000_000;

let store: StoreFixture;
let reader: Reader;

openForEach((opened) => {
  ({ store, reader } = opened);
});

/** Twenty parts are halved to ten when they are too few for another. */
const isPartCount = (parts: number) => parts >= 10 && parts <= 20;

describe('distributions', () => {
  it('are none where nothing was recorded', async () => {
    expect(await reader.distributions()).toEqual({ source: 'spans', names: [], leftOut: 0 });
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
    const { source, names } = await reader.distributions({ runId: 'run-1' });
    expect(source).toBe('spans');
    expect(names.map(({ name, histogram, errors, parts }) => [name, histogram.count, errors, parts.length])).toEqual([
      ['even', 50, 10, expect.toSatisfy(isPartCount)],
      ['404', 50, 10, expect.toSatisfy(isPartCount)],
    ]);
    const [even] = names;
    const counts = even?.parts.map(({ histogram }) => histogram.count) ?? [];
    // The first and the last part may lie half beside the spans.
    expect(Math.max(...counts.slice(1, -1)) - Math.min(...counts.slice(1, -1))).toBeLessThanOrEqual(1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    const early = even?.parts.slice(0, counts.length / 2) ?? [];
    expect(early.reduce((sum, { errors }) => sum + errors, 0)).toBe(10);
    expect(even?.histogram.percentile(50)).toBeCloseTo(49 * MILLI, -6);
    expect(even?.histogram.maxNanos).toBe(99 * MILLI);
  });

  it('R1: have the same parts with any idle time before, between and behind, and in any order', async () => {
    const spans = Array.from({ length: 64 }, (_, at) => ({
      startMicros: START + at * 200_000,
      durationNanos: (at + 1) * MILLI,
    }));
    const partsOf = async (runId: string, idle: readonly number[], isReversed: boolean) => {
      const process = await store.addProcess(await store.addRun({ runId }), {
        lastSeenMicros: START + idle.reduce((sum, one) => sum + one, 0) + MINUTE,
      });
      const [before = 0, between = 0] = idle;
      const moved = spans.map((span, at) => ({
        ...span,
        startMicros: span.startMicros + before + (at < 32 ? 0 : between),
      }));
      await store.database.exec('BEGIN');
      for (const span of isReversed ? moved.reverse() : moved) await store.addSpan(process, span);
      await store.database.exec('COMMIT');
      const { names } = await reader.distributions({ runId });
      return names[0]?.parts.map(({ histogram }) => histogram.buckets());
    };
    // Idle time of whole parts, at the end of one: parts begin at fixed times.
    const idle = 2 ** 14 * 100_000;
    const parts = await partsOf('busy', [0, 0, 0], false);
    expect(parts?.length).toSatisfy(isPartCount);
    for (const [name, times] of Object.entries({
      before: [idle, 0, 0],
      between: [0, idle, 0],
      behind: [0, 0, idle],
      all: [3 * idle, 5 * idle, idle],
    })) {
      expect(await partsOf(name, times, false), name).toEqual(parts);
    }
    expect(await partsOf('reversed', [idle, idle, idle], true)).toEqual(parts);
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
    const { source, names } = await reader.distributions({ runId: 'run-1' });
    expect([source, names.length, names[0]?.histogram.count, names[0]?.errors]).toEqual(['routes', 1, 180, 60]);
    expect(names[0]?.parts.length).toSatisfy(isPartCount);
    const middle = START + 30.5 * MINUTE;
    const early = await reader.distributions({ untilMicros: middle });
    const late = await reader.distributions({ sinceMicros: middle });
    expect([early.source, late.source]).toEqual(['routes', 'routes']);
    expect([early, late].map((side) => side.names[0]?.histogram.count)).toEqual([93, 87]);
    await store.addProcess(1, { started: 1, lastSeenMicros: end });
    expect((await reader.distributions()).source).toBe('spans');
  });

  it('are read from the spans where whole minutes would be too coarse, unless these have been deleted', async () => {
    const end = START + 5 * MINUTE;
    const process = await store.addProcess(await store.addRun(), { started: 2, lastSeenMicros: end });
    await store.addRouteMinute(process, { minuteMicros: START, durationsNanos: [MILLI, MILLI] });
    expect(await reader.distributions({ runId: 'run-1' })).toMatchObject({ source: 'routes', names: [{ errors: 0 }] });
    for (const startMicros of [START, end]) await store.addSpan(process, { startMicros });
    const { source, names } = await reader.distributions({ runId: 'run-1' });
    expect([source, names[0]?.parts.length]).toEqual(['spans', 2]);
  });

  it('R1: are read from the spans where a name was busy for some minutes of a long time, unless some were sampled out', async () => {
    const end = START + 60 * MINUTE;
    for (const [runId, sampledOut, source] of [
      ['kept', 0, 'spans'],
      ['sampled', 1, 'routes'],
    ] as const) {
      const process = await store.addProcess(await store.addRun({ runId }), {
        started: 240,
        sampledOut,
        lastSeenMicros: end,
      });
      const durationsNanos = Array.from({ length: 120 }, () => MILLI);
      for (const minute of [20, 21]) {
        await store.addRouteMinute(process, { minuteMicros: START + minute * MINUTE, durationsNanos });
      }
      await store.database.exec('BEGIN');
      for (let at = 0; at < 240; at++) {
        await store.addSpan(process, { startMicros: START + 20 * MINUTE + at * 500_000 });
      }
      await store.database.exec('COMMIT');
      const found = await reader.distributions({ runId });
      expect([found.source, found.names[0]?.histogram.count, (found.names[0]?.parts.length ?? 0) >= 10]).toEqual([
        source,
        240,
        source === 'spans',
      ]);
    }
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
