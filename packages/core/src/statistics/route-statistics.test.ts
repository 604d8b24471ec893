import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../trace/span.js';
import { decodeBuckets } from './histogram.js';
import { OTHER_NAMES, type RouteMinute, RouteStatistics } from './route-statistics.js';

const MINUTE = 60_000_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2026, 0, 1) * 1000;

/** A store that behaves like SQLite: a row replaces the row with the same key. */
class Store {
  readonly rows = new Map<string, RouteMinute>();

  replace(rows: readonly RouteMinute[]): void {
    for (const row of rows) this.rows.set(JSON.stringify([row.minuteMicros, row.name, row.outcome]), row);
  }

  total(field: 'count' | 'sumNanos' = 'count'): number {
    return [...this.rows.values()].reduce((sum, row) => sum + row[field], 0);
  }
}

describe('route statistics', () => {
  it('count by name, outcome and the minute in which a span ended', () => {
    const statistics = new RouteStatistics();
    statistics.record('GET /a', 'ok', 1_000_000, START);
    statistics.record('GET /a', 'ok', 3_000_000, START + MINUTE - 1);
    statistics.record('GET /a', 'error', 5_000_000, START + 1);
    statistics.record('GET /a', 'ok', 7_000_000, START + MINUTE);
    statistics.record('GET /b', 'aborted', 9_000_000, START + MINUTE);

    const rows = statistics.drain();

    expect(rows.map(({ minuteMicros, name, outcome, count }) => [minuteMicros - START, name, outcome, count])).toEqual([
      [0, 'GET /a', 'ok', 2],
      [0, 'GET /a', 'error', 1],
      [MINUTE, 'GET /a', 'ok', 1],
      [MINUTE, 'GET /b', 'aborted', 1],
    ]);
    expect(rows[0]).toMatchObject({ sumNanos: 4_000_000, minNanos: 1_000_000, maxNanos: 3_000_000 });
    expect(decodeBuckets(rows[0]!.buckets).map(([, count]) => count)).toEqual([1, 1]);
  });

  it('drain changed rows as a whole', () => {
    const statistics = new RouteStatistics();
    statistics.record('a', 'ok', 1, START);
    statistics.record('b', 'ok', 1, START);
    statistics.drain();
    statistics.confirm();
    expect(statistics.hasChanges).toBe(false);
    expect(statistics.drain()).toEqual([]);

    statistics.record('a', 'ok', 2, START);
    expect(statistics.hasChanges).toBe(true);
    expect(statistics.drain()).toMatchObject([{ name: 'a', count: 2, sumNanos: 3 }]);
  });

  it('drain unconfirmed rows again, with the spans recorded meanwhile', () => {
    const statistics = new RouteStatistics();
    statistics.record('a', 'ok', 1, START);
    statistics.record('b', 'ok', 1, START);
    statistics.drain();
    statistics.record('b', 'ok', 1, START);
    statistics.record('c', 'ok', 1, START);

    const again = statistics.drain();

    expect(again.map(({ name, count }) => `${name} ${count}`).sort()).toEqual(['a 1', 'b 2', 'c 1']);
    statistics.confirm();
    expect(statistics.drain()).toEqual([]);
  });

  it('drain at most the limit at once, the earliest changes first', () => {
    const statistics = new RouteStatistics();
    for (const name of ['a', 'b', 'c']) statistics.record(name, 'ok', 1, START);
    expect(statistics.drain(2).map(({ name }) => name)).toEqual(['a', 'b']);
    statistics.confirm();
    statistics.record('a', 'ok', 1, START);
    expect(statistics.drain(2).map(({ name }) => name)).toEqual(['c', 'a']);
  });

  it('count names beyond the bound in one row with its own name', () => {
    const statistics = new RouteStatistics(3);
    for (const name of ['a', 'b', 'c', 'd', 'e', OTHER_NAMES]) statistics.record(name, 'ok', 1, START);
    expect(statistics.drain().map(({ name, count }) => [name, count])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
      [OTHER_NAMES, 3],
    ]);
  });

  it('stay small with 100,000 distinct names, and count each span', () => {
    const statistics = new RouteStatistics();
    const store = new Store();
    for (let index = 0; index < 100_000; index++) {
      statistics.record(`GET /${index}`, index % 2 === 0 ? 'ok' : 'error', index, START + index * 10_000);
      if (index % 1_000 === 999) {
        store.replace(statistics.drain());
        statistics.confirm();
      }
    }
    expect(store.total()).toBe(100_000);
    expect(new Set([...store.rows.values()].map(({ name }) => name)).size).toBe(2_001);
    expect(statistics.size.minutes).toBeLessThanOrEqual(2);
  });

  it('forget a minute once it is in the store', () => {
    const statistics = new RouteStatistics();
    for (let minute = 0; minute < 100; minute++) {
      statistics.record('a', 'ok', 1, START + minute * MINUTE);
      statistics.drain();
      statistics.confirm();
    }
    expect(statistics.size).toEqual({ minutes: 2, rows: 2 });
  });

  it('lose no span while the store fails for an hour, within bounds', () => {
    const statistics = new RouteStatistics();
    const store = new Store();
    for (let minute = 0; minute < 60; minute++) {
      statistics.record('a', 'ok', 1, START + minute * MINUTE);
      statistics.drain();
      expect(statistics.size.minutes).toBeLessThanOrEqual(8);
    }
    store.replace(statistics.drain());
    statistics.confirm();
    expect(store.total()).toBe(60);

    statistics.record('a', 'ok', 1, START + 60 * MINUTE);
    expect(statistics.drain()).toMatchObject([{ minuteMicros: START + 60 * MINUTE, count: 1 }]);
  });

  it('never overwrite a minute when the clock steps back into it', () => {
    const statistics = new RouteStatistics();
    const store = new Store();
    const times = [START, START + DAY, START + DAY + MINUTE, START, START + MINUTE, START + DAY, START];
    for (const time of times) {
      statistics.record('a', 'ok', 1, time);
      store.replace(statistics.drain());
      statistics.confirm();
    }
    expect(store.total()).toBe(times.length);
    const minutes = [...store.rows.values()].map(({ minuteMicros }) => Math.floor(minuteMicros / MINUTE) * MINUTE);
    expect(new Set(minutes)).toEqual(new Set(times));
  });

  it('are exact for any clock, any failures of the store and any order of events', () => {
    const event = fc.oneof(
      { weight: 8, arbitrary: fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), minute: fc.nat(12) }) },
      { weight: 2, arbitrary: fc.constantFrom('written', 'failed', 'unknown') },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.integer({ min: 1, max: 4 }), (events, limit) => {
        const statistics = new RouteStatistics(3);
        const store = new Store();
        let recorded = 0;
        for (const happening of events) {
          if (typeof happening !== 'string') {
            const outcome: Outcome = happening.minute % 2 === 0 ? 'ok' : 'interrupted';
            statistics.record(happening.name, outcome, 10, START + happening.minute * MINUTE);
            recorded++;
            continue;
          }
          const rows = statistics.drain(limit);
          // The result of the write is unknown: the rows are stored, but the process treats them as not stored.
          if (happening !== 'failed') store.replace(rows);
          if (happening === 'written') statistics.confirm();
        }
        while (statistics.hasChanges) {
          store.replace(statistics.drain(limit));
          statistics.confirm();
        }
        expect(store.total()).toBe(recorded);
        expect(store.total('sumNanos')).toBe(recorded * 10);
        expect(statistics.size.minutes).toBeLessThanOrEqual(2);
      }),
    );
  });
});
