import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { identifyProcess } from '../process/process-identity.js';
import { LedgerCounters } from '../sink/ledger.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/span-data.js';
import type * as driver from './file/driver.js';
import type { RetentionLimits } from './retention/span-retention.js';
import { SqliteSink } from './sqlite-sink.js';

/** Every statement that any connection has run. */
const statements = vi.hoisted(() => new Set<string>());

vi.mock('./file/driver.js', async (importOriginal) => {
  const original = await importOriginal<typeof driver>();
  return {
    ...original,
    openDatabase: async (...args: Parameters<typeof original.openDatabase>): Promise<driver.Database> => {
      const database = await original.openDatabase(...args);
      return {
        run: (sql, parameters) => database.run(note(sql), parameters),
        all: (sql, parameters) => database.all(note(sql), parameters),
        exec: (sql) => database.exec(sql),
        transaction: (list) => {
          for (const { sql } of list) note(sql);
          return database.transaction(list);
        },
        close: () => database.close(),
      };
    },
  };
});

function note(sql: string): string {
  statements.add(sql);
  return sql;
}

afterEach(() => {
  vi.useRealTimers();
});

const DAY_MILLIS = 24 * 60 * 60 * 1000;

/** Writes spans for some days, a look of retention after each batch, and begins a generation of strings. */
async function writeForDays(file: string, retention: RetentionLimits): Promise<void> {
  const sink = new SqliteSink({ file, synchronous: 'normal', retention }, identifyProcess('run', 'shop', {}), () => {});
  for (let id = 1; id <= 4; id++) {
    const spans = Array.from({ length: 4096 }, () => new SpanData('GET /', 'server', SpanIds.root(), true));
    await sink.write({ id, spans, ledger: new LedgerCounters().snapshot() });
    const openSpans = [new SpanData('GET /slow', 'server', SpanIds.root(), true)];
    await sink.tick({ openSpans, routeMinutes: [], ledger: new LedgerCounters().snapshot() });
    vi.setSystemTime(Date.now() + DAY_MILLIS);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + DAY_MILLIS);
  }
  await sink.close();
}

/** A full scan of the spans once a second takes a second where there are ten million. */
it('never reads all spans, whatever is done to the file', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const file = join(temporaryDirectory(), 'ferret.db');
  await writeForDays(file, { maxAgeMicros: DAY_MILLIS * 1000, maxBytes: Number.POSITIVE_INFINITY });
  await writeForDays(file, { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: 100_000 });

  const written = [...statements].filter((sql) => /\bspan\b/.test(sql));
  expect(written.some((sql) => sql.includes('DELETE FROM span'))).toBe(true);
  const { openDatabase } = await vi.importActual<typeof driver>('./file/driver.js');
  const database = await openDatabase(file, 'write');
  for (const sql of written.filter((text) => !text.includes('temp.'))) {
    const plan = await database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    expect(
      plan.map(({ detail }) => detail).filter((detail) => /^SCAN span\b/.test(detail)),
      sql,
    ).toEqual([]);
  }
  await database.close();
});
