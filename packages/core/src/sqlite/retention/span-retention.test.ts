import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOfProcess } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture } from '../../testing/store-fixture.js';
import { cautiousNowMicros, nowMicros } from '../../trace/clock.js';
import type { Database } from '../file/driver.js';
import { openForWriting } from '../file/file.js';
import { pruneFile } from '../recover-and-prune.js';
import { openProcessStore } from '../store/process-store.js';
import { writeRouteMinutes } from '../store/route-minutes.js';
import { RetentionKeeper } from './retention-keeper.js';
import { pruneChunk, pruneGone } from './span-retention.js';

const DAY = 24 * 60 * 60 * 1_000_000;
const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

let directory: string;
let file: string;
let database: Database;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  database = await openForWriting(file, 'normal', () => {});
  await openProcessStore(database, identityOfProcess('p'));
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

/** Spans of the process with row id 1. @param startMicros an SQL expression of `row`, from 1. */
async function fill(count: number, startMicros: number | string, attributes = "'{}'"): Promise<void> {
  await database.exec(
    `WITH RECURSIVE number (row) AS (SELECT 1 UNION ALL SELECT row + 1 FROM number LIMIT ${count})
     INSERT INTO span (process_id, trace_id, span_id, is_local_root, name, kind, start_us, duration_ns, outcome, attributes)
     SELECT 1, randomblob(16), randomblob(8), 1, 'n', 0, ${startMicros}, 0, 0, ${attributes} FROM number;
     UPDATE process SET first_span_id = 1, last_span_id = (SELECT max(id) FROM span) WHERE id = 1`,
  );
}

async function count(table = 'span'): Promise<number> {
  const [row] = await database.all<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
  return row!.count;
}

async function pruneAll(limits: Parameters<typeof pruneChunk>[1]): Promise<number[]> {
  const chunks: number[] = [];
  for (let hasMore = true; hasMore; ) {
    const chunk = await pruneChunk(database, limits);
    chunks.push(chunk.deleted);
    hasMore = chunk.hasMore;
  }
  return chunks;
}

const COUNTED = { outcome: 'ok', count: 1, sumNanos: 1, minNanos: 1, maxNanos: 1, buckets: '[]' } as const;

const ago = (days: number) => nowMicros() - days * DAY;

describe('by age', () => {
  it('what is too old goes, and nothing else', async () => {
    await fill(5, ago(8));
    await fill(5, ago(6));
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count()).toBe(5);
  });

  it('links and events go with their spans, and no others', async () => {
    await fill(5_001, `CASE row % 2 WHEN 0 THEN ${ago(8)} ELSE ${ago(6)} END`);
    await database.exec(`
      INSERT INTO link (span_row, position, trace_id, span_id) SELECT id, 0, trace_id, span_id FROM span;
      INSERT INTO event (span_row, position, time_us, name) SELECT id, 0, start_us, 'retry' FROM span;`);
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count()).toBe(5_001 - 2_048);
    for (const table of ['link', 'event']) {
      expect(await database.all(`SELECT span_row AS id FROM ${table} ORDER BY id`)).toEqual(
        await database.all('SELECT id FROM span ORDER BY id'),
      );
    }
    await pruneAll({ ...NEVER, maxAgeMicros: 0 });
    expect([await count(), await count('link'), await count('event')]).toEqual([0, 0, 0]);
  });

  it('goes in chunks, so that a batch is not kept waiting', async () => {
    await fill(10_000, ago(8));
    await fill(10, ago(1));
    const chunks = await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(chunks.filter((deleted) => deleted > 0)).toEqual([4_096, 4_096, 1_808]);
    expect(await count()).toBe(10);
  });

  it('a span counts by when it ended', async () => {
    await fill(1, ago(8));
    await database.run('UPDATE span SET duration_ns = ?', [2 * DAY * 1_000]);
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count()).toBe(1);
  });

  it('spans of a clock that was ahead go with those around them', async () => {
    await fill(100, ago(-365));
    await fill(5_000, ago(8));
    await fill(1, ago(1));
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count()).toBe(1);
  });

  for (const [ahead, old, recent] of [
    [3_000, 50_000, 100],
    [5_000, 50_000, 100],
    [20_000, 9_000, 5_000],
    [4_096, 1, 4_096],
  ] as const) {
    it(`P21: ${ahead} spans of a clock that was ahead do not hold up ${old} that are too old`, async () => {
      await fill(ahead, ago(-365));
      await fill(old, ago(30));
      await fill(recent, ago(0));
      const chunks = await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
      expect(Math.max(...chunks)).toBeLessThanOrEqual(4_096);
      const [left] = await database.all('SELECT count(*) AS count, max(start_us) <= ? AS isRight FROM span', [
        nowMicros(),
      ]);
      expect(left).toEqual({ count: recent, isRight: 1 });
    });
  }

  it('P21: spans of a clock that is ahead now stay as long as those around them', async () => {
    await fill(5_000, ago(-365));
    await fill(100, ago(1));
    await fill(5_000, ago(-365));
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count()).toBe(10_100);
  });

  it('nothing goes because of a span that was open for long', async () => {
    await fill(4_096, ago(1));
    await fill(1, ago(8));
    await database.run('UPDATE span SET duration_ns = ? WHERE id = 4097', [7.5 * DAY * 1_000]);
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count()).toBe(4_097);
  });

  it('nothing goes because somebody imports spans of long ago behind it', async () => {
    await fill(4_096, ago(1));
    await fill(3, ago(400));
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    const [fresh] = await database.all('SELECT count(*) AS count FROM span WHERE start_us > ?', [ago(2)]);
    expect(fresh).toEqual({ count: 4_096 });
  });

  it('nothing goes that is not too old by the clock as it was when the process started', () => {
    expect(cautiousNowMicros()).toBeLessThanOrEqual(nowMicros());
  });

  it('nothing goes without a limit', async () => {
    await fill(10, 0);
    expect(await pruneAll(NEVER)).toEqual([0]);
    await pruneGone(database, NEVER);
    expect([await count(), await count('process')]).toEqual([10, 1]);
  });
});

describe('by size', () => {
  it('the oldest go until the file is small enough', async () => {
    await fill(20_000, nowMicros(), "'\"' || hex(randomblob(200)) || '\"'");
    await database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const before = (await stat(file)).size;
    const maxBytes = Math.floor(before / 2);
    const chunks = await pruneAll({ ...NEVER, maxBytes });
    expect(Math.max(...chunks)).toBe(4_096);
    const [left] = await database.all<{ first: number; count: number }>(
      'SELECT min(id) AS first, count(*) AS count FROM span',
    );
    expect(left!.count).toBeGreaterThan(4_000);
    expect(left!.first).toBe(20_001 - left!.count);
    await database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    // A tenth is kept for what comes next.
    expect((await stat(file)).size).toBeLessThan(maxBytes * 1.15);
  });

  it('a small file loses a part of what it holds, not all', async () => {
    await fill(3_000, nowMicros(), "'\"' || hex(randomblob(200)) || '\"'");
    const [size] = await database.all<{ bytes: number }>(
      'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()',
    );
    expect((await pruneAll({ ...NEVER, maxBytes: size!.bytes * 0.9 })).filter((deleted) => deleted > 0)).toEqual([
      1_024,
    ]);
  });

  it('a file that holds nothing but its tables is left at that', async () => {
    expect(await pruneAll({ ...NEVER, maxBytes: 0 })).toEqual([0]);
  });

  it('a file that cannot be made smaller does not keep it busy for ever', async () => {
    const stiff = join(directory, 'stiff.db');
    const store = await createStoreFixture(stiff);
    await store.addProcess(await store.addRun());
    await store.close();
    await database.close();
    database = await openForWriting(stiff, 'normal', () => {});
    await fill(20_000, nowMicros(), 'hex(randomblob(200))');
    await database.run('DELETE FROM span');
    expect(await pruneAll(NEVER)).toEqual([0]);
  });
});

describe('processes and runs', () => {
  const old = { startedAtMicros: ago(30) };

  it('go with the last of their spans, when they are too old', async () => {
    await openProcessStore(database, identityOfProcess('old', { ...old, runId: 'old' }));
    await database.run("UPDATE process SET ended_at_us = last_seen_us, last_span_id = 3 WHERE process_key = 'old'");
    await fill(3, ago(8));
    await pruneGone(database, { ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await count('run')).toBe(2);
    await pruneAll({ ...NEVER, maxAgeMicros: 7 * DAY });
    await pruneGone(database, { ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await database.all("SELECT run_id FROM run WHERE run_id = 'old'")).toEqual([]);
  });

  it('stay while the process has not ended: it may be idle', async () => {
    await openProcessStore(database, identityOfProcess('idle', { ...old, runId: 'idle' }));
    await pruneGone(database, { ...NEVER, maxAgeMicros: 7 * DAY });
    expect(await database.all("SELECT process_key FROM process WHERE process_key = 'idle'")).toHaveLength(1);
  });
});

describe('the keeper', () => {
  const limits = { ...NEVER, maxAgeMicros: 7 * DAY };
  const keeper = (key: string) => new RetentionKeeper(database, limits, identityOfProcess(key, { pid: process.pid }));

  it('deletes a chunk a step, and then looks once a second', async () => {
    await fill(5_000, ago(8));
    const one = keeper('one');
    await one.step(0);
    expect(await count()).toBe(904);
    await one.step(1);
    await one.step(2);
    await fill(1, ago(8));
    await one.step(500);
    expect(await count()).toBe(1);
    await one.step(1_500);
    expect(await count()).toBe(0);
    await one.close();
  });

  it('is one process of all, and another when that is gone', async () => {
    const [one, two] = [keeper('one'), keeper('two')];
    await one.step(0);
    await fill(1, ago(8));
    await two.step(0);
    expect(await count()).toBe(1);
    await one.close();
    await two.step(10_000);
    expect(await count()).toBe(0);
    await two.close();
    expect(await count('lease')).toBe(0);
  });

  it('deals with what was counted, too, while there are spans to delete with every step', async () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(300)}`);
    await writeRouteMinutes(
      database,
      1,
      names.map((name) => ({ ...COUNTED, minuteMicros: ago(0), name })),
    );
    const one = new RetentionKeeper(database, { ...NEVER, maxBytes: 500_000 }, identityOfProcess('one'));
    await fill(1, ago(0));
    for (let step = 0; (await count('string')) > 1; step++) {
      await one.step(step);
      await fill(1, ago(0));
      expect(step).toBeLessThan(10);
    }
    expect(await count('route_minute')).toBe(0);
    await one.close();
  });

  it('deals with what was counted, too, and then with processes that have nothing left', async () => {
    await openProcessStore(database, identityOfProcess('old', { startedAtMicros: ago(30), runId: 'old' }));
    await database.run("UPDATE process SET ended_at_us = last_seen_us WHERE process_key = 'old'");
    await database.run("INSERT INTO route_minute VALUES (2, ?, 'n', 0, 1, 1, 1, 1, '[]')", [ago(8)]);
    const one = keeper('one');
    await one.step(0);
    expect([await count('route_minute'), await count('run')]).toEqual([0, 2]);
    await one.step(1);
    expect(await count('run')).toBe(1);
    await one.close();
  });
});

describe('pruneFile', () => {
  it('gives all the room back, while an application goes on writing', async () => {
    await fill(20_000, ago(8), "'\"' || hex(randomblob(200)) || '\"'");
    await fill(10, ago(1));
    await database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const { spans, bytesBefore, bytesAfter } = await pruneFile(file, { maxAgeDays: 7 });
    expect(spans).toBe(20_000);
    expect(bytesAfter).toBeLessThan(bytesBefore / 10);
    await fill(1, ago(1));
    expect(await count()).toBe(11);
    expect(await database.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('refuses a limit that is none', async () => {
    for (const limits of [{ maxAgeDays: -1 }, { maxSizeMegabytes: Number.NaN }]) {
      await expect(pruneFile(file, limits)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
