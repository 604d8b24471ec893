import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../sqlite/file/driver.js';
import { recoverFile } from '../sqlite/recover-and-prune.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { createFerret } from './default-ferret.js';
import type { Ferret } from './ferret.js';
import { FerretInstance } from './ferret-instance.js';
import type { FerretOptions } from './options.js';

let database: string;
const open: Ferret[] = [];

beforeEach(() => {
  database = join(temporaryDirectory(), 'ferret.db');
});
afterEach(() => Promise.all(open.splice(0).map((ferret) => ferret.close())));

function build(options: FerretOptions = {}): FerretInstance {
  const ferret = new FerretInstance({ database, shutdownHooks: false, ...options });
  open.push(ferret);
  return ferret;
}

function work(ferret: Ferret, count: number, name = 'job'): void {
  for (let index = 0; index < count; index++) ferret.measure(name, () => ferret.measure('step', () => index));
}

async function query<Row extends object>(sql: string): Promise<Row[]> {
  const file = await openDatabase(database, 'read');
  try {
    return await file.all<Row>(sql);
  } finally {
    await file.close();
  }
}

const counted = () => query('SELECT name, sum(count) AS count FROM ferret_routes_v1 GROUP BY name ORDER BY name');

describe('a rate budget', () => {
  it('keeps some traces, each whole, and counts all', async () => {
    const ferret = build({ maxSpansPerSecond: 50, keepSlowerThanMillis: 60_000 });
    work(ferret, 500);
    const { ledger } = await ferret.close();
    expect(ledger.started).toBe(1_000);
    expect(ledger.stored + ledger.sampledOut).toBe(1_000);
    expect(ledger.stored).toBeGreaterThan(0);
    expect(ledger.stored).toBeLessThan(300);
    expect(await counted()).toEqual([
      { name: 'job', count: 500 },
      { name: 'step', count: 500 },
    ]);
    const traces = await query('SELECT DISTINCT count(*) AS spans FROM ferret_spans_v1 GROUP BY trace_id');
    expect(traces).toEqual([{ spans: 2 }]);
    const [kept] = await query<{ keep_reason: string; keep_probability: number }>(
      'SELECT DISTINCT keep_reason, keep_probability FROM ferret_spans_v1 ORDER BY start_us',
    );
    expect(kept?.keep_reason).toBe('budget');
    expect(kept?.keep_probability).toBeGreaterThan(0);
    expect(kept?.keep_probability).toBeLessThanOrEqual(1);
  });

  it('that keeps nothing leaves exact counts all the same', async () => {
    const ferret = build({ rules: [{ route: 'job', maxSpansPerSecond: 0 }], keepSlowerThanMillis: 60_000 });
    for (const times of [1, 2]) {
      work(ferret, 3);
      await ferret.flush();
      expect(await counted()).toEqual([
        { name: 'job', count: 3 * times },
        { name: 'step', count: 3 * times },
      ]);
      expect(await query('SELECT started, stored, sampled_out FROM ferret_processes_v1')).toEqual([
        { started: 6 * times, stored: 0, sampled_out: 6 * times },
      ]);
    }
  });

  it('can be changed while the process runs', async () => {
    const ferret = build({ rules: [{ route: 'job', maxSpansPerSecond: 0 }], keepSlowerThanMillis: 60_000 });
    work(ferret, 1);
    ferret.configure({ rules: [] });
    work(ferret, 1);
    expect(() => ferret.configure({ maxSpansPerSecond: Number.NaN })).toThrow(/maxSpansPerSecond got NaN/);
    expect(() => ferret.configure({ batchSize: 1 } as never)).toThrow(/no option batchSize/);
    ferret.configure({ maxSpansPerSecond: Number.POSITIVE_INFINITY });
    work(ferret, 1_000);
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ started: 2_004, stored: 2_002, sampledOut: 2 });
  });

  it('of none keeps all, and says of no span why', async () => {
    const ferret = build({ maxSpansPerSecond: Number.POSITIVE_INFINITY });
    work(ferret, 600);
    await ferret.close();
    expect(await query('SELECT DISTINCT keep_reason, keep_probability FROM ferret_spans_v1')).toEqual([
      { keep_reason: null, keep_probability: null },
    ]);
  });
});

describe('K3: folded spans', () => {
  const LEDGER = `SELECT started, stored, sampled_out, folded,
    started - stored - sampled_out - folded - dropped_queue_full - spilled AS pending FROM ferret_processes_v1`;
  const SUMS = `SELECT sum(attributes ->> '$."ferret.folded"') AS folded FROM ferret_spans_v1`;

  function job(ferret: Ferret): void {
    ferret.measure('job', () => {
      for (let index = 0; index < 3_000; index++) ferret.measure('row', () => index);
    });
  }

  it('are in the ledger, in the file and in the metrics, and the row of the root sums them', async () => {
    const ferret = build();
    job(ferret);
    const { ledger } = await ferret.close();
    expect(ledger.folded).toBeGreaterThan(2_000);
    expect(ledger.stored + ledger.folded).toBe(3_001);
    expect(await query(LEDGER)).toEqual([
      { started: 3_001, stored: ledger.stored, sampled_out: 0, folded: ledger.folded, pending: 0 },
    ]);
    expect(await query(SUMS)).toEqual([{ folded: ledger.folded }]);
    expect(ferret.metrics()).toContain(`ferret_spans_folded_total ${ledger.folded}\n`);
    expect(await counted()).toEqual([
      { name: 'job', count: 1 },
      { name: 'row', count: 3_000 },
    ]);
  });

  it('are listed by name with the query of the document', async () => {
    const ferret = build();
    job(ferret);
    const { ledger } = await ferret.close();
    const document = readFileSync(new URL('../../../../docs/sampling.md', import.meta.url), 'utf8');
    const [, sql = ''] = /```sql\n([^`]*)```/.exec(document) ?? [];
    expect(await query(sql)).toEqual([
      { name: 'row', folded_name: 'row', count: ledger.folded, sum_ms: expect.any(Number) },
    ]);
  });

  it('are taken in with a spill file', async () => {
    const ferret = new FerretInstance({ database, shutdownHooks: false });
    job(ferret);
    ferret.exit('exit');
    const { folded, stored, spilled } = ferret.stats();
    expect(folded).toBeGreaterThan(2_000);
    await recoverFile(database);
    expect(await query(LEDGER)).toEqual([
      { started: 3_001, stored: stored + spilled, sampled_out: 0, folded, pending: 0 },
    ]);
    expect(await query(SUMS)).toEqual([{ folded }]);
  });

  it('are all stored as spans where everything is kept', async () => {
    const ferret = build({ maxSpansPerSecond: Number.POSITIVE_INFINITY });
    job(ferret);
    expect((await ferret.close()).ledger).toMatchObject({ stored: 3_001, folded: 0 });
  });
});

it('what was counted is not lost at the exit of the process', async () => {
  const ferret = new FerretInstance({ database, shutdownHooks: false, keepSlowerThanMillis: 60_000 });
  work(ferret, 40);
  ferret.exit('exit');
  await recoverFile(database);
  expect(await counted()).toEqual([
    { name: 'job', count: 40 },
    { name: 'step', count: 40 },
  ]);
});

it('metrics say what became of the spans', async () => {
  const ferret = createFerret({ database, shutdownHooks: false });
  work(ferret, 5);
  await ferret.flush();
  const metrics = ferret.metrics();
  expect(metrics).toContain('ferret_spans_started_total 10\n');
  expect(metrics).toContain('ferret_spans_stored_total 10\n');
  expect(metrics).toMatch(/ferret_file_size_bytes [1-9]\d{3,}\n/);
  expect(metrics).toMatch(/ferret_flush_duration_seconds_count 1\n/);
  await ferret.close();
});
