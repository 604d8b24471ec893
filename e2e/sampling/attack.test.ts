import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createFerret, type FerretOptions } from '@ferretjs/core';
import { ferret as forExpress } from '@ferretjs/express';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFile } from '../child.js';
import { query } from '../database.js';
import { expectSound } from '../faults/invariants.js';
import { send } from '../traffic.js';

/** An Express application, with the budget that is the default. */
async function serve(options: FerretOptions, routes: (app: express.Express) => void) {
  const database = temporaryFile();
  const ferret = createFerret({ database, shutdownHooks: false, maxSpansPerSecond: 1_000, ...options });
  onTestFinished(() => void ferret.close());
  const app = express();
  app.use(forExpress(ferret));
  routes(app);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { database, ferret, port: (server.address() as AddressInfo).port };
}

it('K3: beside a job of any number of spans, every failed request is in the file; the job takes few rows', async () => {
  const { database, ferret, port } = await serve({}, (app) => {
    app.get('/fail', (_request, response) => void response.sendStatus(500));
  });
  const failing = 40;
  let isOver = false;
  let children = 0;
  const job = ferret.measure('import', async () => {
    while (!isOver || children < 50_000) {
      for (let index = 0; index < 600; index++) ferret.measure('row', () => children++);
      await setImmediate();
    }
  });
  await send(
    port,
    Array.from({ length: failing }, () => '/fail'),
    1,
  );
  isOver = true;
  await job;
  const { ledger } = await ferret.close();
  await expectSound(database);
  const rows = await query<{ name: string; count: number; folded: number | null; seconds: number }>(
    database,
    `SELECT name, count(*) AS count, sum(attributes ->> '$."ferret.folded"') AS folded,
       max(duration_ns) / 1e9 AS seconds
     FROM ferret_spans_v1 GROUP BY name ORDER BY name`,
  );
  const of = (name: string) => rows.find((row) => row.name === name);
  expect(of('GET /fail')?.count).toBe(failing);
  expect(of('row')?.count).toBeLessThan(512 + 100 * (of('import')!.seconds + 2));
  expect(of('import')?.count).toBe(1);
  // Repeats are folded into one of them, and those after the decision on the job into the job.
  expect(rows.reduce((sum, { folded }) => sum + (folded ?? 0), 0)).toBe(ledger.folded);
  expect(of('row')!.count + ledger.folded).toBe(children);
  expect(ledger).toMatchObject({ sampledOut: 0, dropped: { queueFull: 0 } });
});

it('K7: a rule holds for requests that are open while flush() is called', async () => {
  const waiting: (() => void)[] = [];
  const rules = [{ route: '/poll/:id', maxSpansPerSecond: 0, keepSlowerThanMillis: 60_000 }];
  const { database, ferret, port } = await serve({ rules, keepSlowerThanMillis: 60_000 }, (app) => {
    app.get(['/poll/:id', '/other'], async (_request, response) => {
      ferret.measure('look', () => {});
      await new Promise<void>((resolve) => waiting.push(resolve));
      response.end();
    });
  });
  const answers = send(port, ['/poll/1', '/other', '/poll/2'], 3);
  while (waiting.length < 3) await setImmediate();
  await ferret.flush();
  const flushed = await query(database, 'SELECT name FROM ferret_spans_v1');
  for (const resolve of waiting) resolve();
  await answers;
  await ferret.close();
  await expectSound(database);
  const kept = await query(database, 'SELECT name FROM ferret_spans_v1 ORDER BY name');
  expect(flushed).toEqual([{ name: 'look' }]);
  expect(kept).toEqual([{ name: 'GET /other' }, { name: 'look' }]);
});
