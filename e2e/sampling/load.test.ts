import type { FerretOptions, Ledger } from '@ferretjs/core';
import { describe, expect, it } from 'vitest';
import { ask, message, start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { expectSound, expectUndisturbed } from '../faults/invariants.js';
import { EXPOSE_GC, expectFlat } from '../faults/memory.js';
import { floodFor, send } from '../traffic.js';

/** An Express service in a process of its own, and this one as its clients. */
async function serve(options: FerretOptions) {
  const database = temporaryFile();
  const environment = { OPTIONS: JSON.stringify({ database, ...options }), NODE_ENV: 'production' };
  const child = start('fault-service.mjs', environment);
  const { port } = await message<{ port: number }>(child);
  return {
    database,
    port,
    flush: () => ask<Ledger>(child, 'flush'),
    async close() {
      await ask(child, 'close');
      expectUndisturbed(await child.ended);
      await expectSound(database);
    },
  };
}

const body = '{"message":"out of order"}';
const fields = `Host: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
const failing = `POST /throw HTTP/1.1\r\n${fields}\r\n\r\n${body}`;
const working = (index: number) => `GET /users/${index} HTTP/1.1\r\nHost: a\r\n\r\n`;

interface Counted {
  readonly name: string;
  readonly outcome: string;
  readonly count: number;
}

const counted = (database: string) =>
  query<Counted>(database, 'SELECT name, outcome, sum(count) AS count FROM ferret_routes_v1 GROUP BY 1, 2 ORDER BY 1');

const keptFor = (database: string) =>
  query<{ reason: string; count: number }>(
    database,
    'SELECT keep_reason AS reason, count(*) AS count FROM ferret_spans_v1 GROUP BY 1 ORDER BY 1',
  );

describe('a service at full speed', () => {
  it('keeps about its budget, every error, whole traces, and counts to the request', async () => {
    const budget = 20;
    const service = await serve({ maxSpansPerSecond: budget, keepSlowerThanMillis: 60_000 });
    let failed = 0;
    const { sent, seconds } = await floodFor(service.port, 4_000, (index) => {
      if (index % 500 !== 0) return working(index);
      failed++;
      return failing;
    });
    await service.close();
    expect(sent / seconds).toBeGreaterThan(budget * 5);
    expect(await counted(service.database)).toEqual([
      { name: 'GET /users/:id', outcome: 'ok', count: sent - failed },
      { name: 'POST /throw', outcome: 'error', count: failed },
      { name: 'SELECT user', outcome: 'ok', count: sent - failed },
    ]);
    const kept = Object.fromEntries((await keptFor(service.database)).map(({ reason, count }) => [reason, count]));
    expect(kept).toEqual({ budget: expect.any(Number), error: failed });
    const total = kept['budget']! + failed;
    // Failures count in the budget; a second's worth may come at once at the beginning.
    expect(total).toBeGreaterThan(budget * seconds * 0.5);
    expect(total).toBeLessThan(budget * (seconds + 1) * 1.5 + failed);
    const sizes = await query(
      service.database,
      `SELECT DISTINCT name, spans FROM (
         SELECT max(CASE WHEN parent_id IS NULL THEN name END) AS name, count(*) AS spans FROM ferret_spans_v1
         GROUP BY trace_id
       ) ORDER BY 1`,
    );
    expect(sizes).toEqual([
      { name: 'GET /users/:id', spans: 2 },
      { name: 'POST /throw', spans: 1 },
    ]);
  });

  it('keeps what is slow for its route, whatever the budget', async () => {
    const service = await serve({ maxSpansPerSecond: 1 });
    // From the hundredth on it is known what is slow; one in a hundred is.
    const waits = Array.from({ length: 500 }, (_, index) => (index > 150 && index % 100 === 0 ? 200 : 0));
    await send(
      service.port,
      waits.map((millis) => `/wait/${millis}`),
      1,
    );
    await service.close();
    const slow = await query<{ reason: string }>(
      service.database,
      `SELECT keep_reason AS reason FROM ferret_spans_v1 WHERE attributes ->> '$."url.path"' = '/wait/200'`,
    );
    expect(slow).toEqual([{ reason: 'slow' }, { reason: 'slow' }, { reason: 'slow' }]);
    const [kept] = await query<{ count: number }>(service.database, 'SELECT count(*) AS count FROM ferret_spans_v1');
    expect(kept?.count).toBeLessThan(100);
  });

  it('stays below the ceiling when every request fails', async () => {
    const ceiling = 50;
    const service = await serve({ maxSpansPerSecond: 5 });
    const { sent, seconds } = await floodFor(service.port, 3_000, () => failing);
    await service.close();
    expect(sent / seconds).toBeGreaterThan(ceiling);
    const [kept, ...others] = await keptFor(service.database);
    expect(others).toEqual([]);
    expect(kept?.reason).toBe('error');
    expect(kept?.count).toBeGreaterThan(ceiling * seconds * 0.5);
    expect(kept?.count).toBeLessThan(ceiling * (seconds + 1) * 1.5);
    expect(await counted(service.database)).toEqual([{ name: 'POST /throw', outcome: 'error', count: sent }]);
  });

  it('keeps everything again as soon as traffic falls below the budget', async () => {
    const service = await serve({ maxSpansPerSecond: 200 });
    await floodFor(service.port, 1_500, working);
    const before = await service.flush();
    expect(before.sampledOut).toBeGreaterThan(0);
    // At a pace of its own: some 40 spans a second.
    for (let index = 0; index < 20; index++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await send(service.port, [`/users/${index}`], 1);
    }
    const after = await service.flush();
    expect(after.started - before.started).toBe(40);
    expect(after.sampledOut - before.sampledOut).toBe(0);
    await service.close();
  });
});

/** Runs a script that answers with one message, and ends. `memory()` in it says how many bytes are in use. */
async function measureScript<T>(script: string): Promise<{ readonly result: T; readonly database: string }> {
  const database = temporaryFile();
  const child = start(
    'run-script.mjs',
    {
      DATABASE: database,
      SCRIPT: `const memory = async () => {
          for (let round = 0; round < 3; round++) { await new Promise(setImmediate); gc(); }
          return process.memoryUsage().heapUsed + process.memoryUsage().external;
        };
        ${script}`,
    },
    EXPOSE_GC,
  );
  const result = await message<T>(child);
  expectUndisturbed(await child.ended);
  await expectSound(database);
  return { result, database };
}

const MEGABYTE = 1024 * 1024;

describe('memory', () => {
  it('is flat with 100,000 distinct names, which have one row together beyond the first', async () => {
    const { result, database } = await measureScript<number[]>(`
      const ferret = createFerret({ ...options, maxSpansPerSecond: 100 });
      const samples = [];
      for (let index = 0; index < 100_000; index++) {
        ferret.measure('job ' + index, () => {});
        if (index % 1_000 === 0) await ferret.flush();
        if (index % 10_000 === 9_999) samples.push(await memory());
      }
      await ferret.close();
      process.send(samples);`);
    expectFlat(result, 4);
    const rows = await query<Counted>(
      database,
      `SELECT name, outcome, sum(count) AS count FROM ferret_routes_v1 WHERE name = '(other names)' GROUP BY 1, 2`,
    );
    expect(rows).toEqual([{ name: '(other names)', outcome: 'ok', count: 98_000 }]);
    const [all] = await query(
      database,
      'SELECT sum(count) AS count, count(DISTINCT name) AS names FROM ferret_routes_v1',
    );
    expect(all).toEqual({ count: 100_000, names: 2_001 });
  });

  it('is bounded with 10,000 traces open, and free again when they have ended', async () => {
    const { result } = await measureScript<{ before: number; open: number; after: number; held: number }>(`
      const ferret = createFerret({ ...options, maxSpansPerSecond: 100 });
      const text = (index) => String(index).padEnd(500, 'x');
      const before = await memory();
      let roots = [];
      for (let index = 0; index < 10_000; index++) roots.push(ferret.start('root', { parent: null }));
      for (let child = 0; child < 10; child++) {
        for (const [index, parent] of roots.entries()) {
          ferret.start('step', { parent, attributes: { text: text(index) } }).end();
        }
      }
      const open = await memory();
      const { pending } = ferret.stats();
      for (const root of roots) root.end();
      roots = [];
      await ferret.flush();
      const after = await memory();
      await ferret.close();
      process.send({ before, open, after, held: pending - 10_000 });`);
    // 32,768 spans at most wait for their roots; those beyond have been decided, and some are on their way to the file.
    expect(result.held).toBeLessThan(32_768 + 2_000);
    expect((result.open - result.before) / MEGABYTE).toBeLessThan(100);
    expect((result.after - result.before) / MEGABYTE).toBeLessThan(10);
  });
});
