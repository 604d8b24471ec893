import type { Ledger } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { message, runScript, startScript, temporaryFile } from '../child.js';
import { request } from '../contract/exchange.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectSound, expectUndisturbed } from './invariants.js';
import { EXPOSE_GC, expectFlat } from './memory.js';
import { servePair } from './pair.js';
import { unexplained } from './service.js';

describe('close', () => {
  const EXPECT = `const expect = (is, what) => { if (!is) throw new Error(what); };
    const ferret = createFerret(options);
    const check = async (first, ...others) => {
      for (const other of others) expect(other === first, 'another promise');
      const report = await first;
      expect(report.complete && report.unwritten === 0 && report.ledger.pending === 0, JSON.stringify(report));
      expect(ferret.close() === first && (await ferret.close()) === report, 'another promise afterwards');
      await ferret.flush();
    };`;

  it.each([
    [
      'twice, one after the other',
      1,
      `ferret.start('work').end(); const first = ferret.close(); await first; await check(first, ferret.close());`,
    ],
    [
      'twice at once',
      1,
      `ferret.start('work').end(); await check(ferret.close(), ferret.close(), ferret.close({ timeoutMillis: 1 }));`,
    ],
    ['before the first write', 0, 'await check(ferret.close(), ferret.close());'],
    [
      'during the first write',
      2,
      `ferret.start('work').end(); void ferret.flush(); await null; ferret.start('more').end();
       await check(ferret.close(), ferret.close());`,
    ],
    [
      'during a flush, which ends too',
      1_000,
      `for (let i = 0; i < 1000; i++) ferret.start('work').end(); const flushed = ferret.flush();
       await check(ferret.close(), ferret.close()); await flushed;`,
    ],
    [
      'and flush, in every order',
      3,
      `for (let i = 0; i < 3; i++) { ferret.start('work').end(); void ferret.flush(); }
       const first = ferret.close();
       await Promise.all([ferret.flush(), first, ferret.flush()]); await check(first);`,
    ],
    [
      'with a span open, which ends later',
      1,
      `const span = ferret.start('open'); await check(ferret.close());
       span.annotate({ late: true }).rename('late').end();`,
    ],
    ['in the middle of measure()', 1, `await ferret.measure('work', () => check(ferret.close()));`],
    [
      'while the process ends by itself',
      1,
      `ferret.start('work').end(); process.once('beforeExit', () => void check(ferret.close()));`,
    ],
  ])('23. %s: the same promise, and everything stored', async (_when, spans, script) => {
    const database = temporaryFile();
    expect(await runScript(EXPECT + script, database)).toMatchObject({ ...ENDED_WELL, stderr: '' });
    if (spans === 0) await expect(query(database, 'SELECT 1')).rejects.toThrow();
    else expect(await expectSound(database)).toMatchObject([{ started: spans, stored: spans }]);
  });
});

it('24. requests after close pass through, and are counted as closed', async () => {
  const pair = await servePair((instance) => {
    const app = express();
    if (instance !== undefined) app.use(ferret(instance));
    app.get('/users/:id', async (request, response) => {
      const work = () => Promise.resolve(request.params.id);
      response.json({ id: instance === undefined ? await work() : await instance.measure('SELECT user', work) });
    });
    app.get('/boom', () => {
      throw new Error('boom');
    });
    if (instance !== undefined) app.use(ferret.errors());
    app.use(
      ((_error, _request, response, _next) => void response.status(500).end('sorry')) as express.ErrorRequestHandler,
    );
    return app;
  });
  await pair.exchange(request('GET', '/users/1'));
  await pair.rows(2);
  await pair.ferret.close();
  for (let id = 0; id < 100; id++)
    expect(await pair.exchange(request('GET', `/users/${id}`))).toContain(`{"id":"${id}"}`);
  expect(await pair.exchange(request('GET', '/boom'))).toContain('HTTP/1.1 500 ');
  expect(await pair.exchange(request('GET', '/nowhere'))).toContain('HTTP/1.1 404 ');
  const ledger = pair.ferret.stats();
  expect(ledger).toMatchObject({ started: 204, stored: 2, dropped: { closed: 202 }, pending: 0 });
  expect(unexplained(ledger)).toBe(0);
  // Said once, however many of them are lost.
  expect(pair.diagnostics).toMatchObject([{ code: 'CLOSED' }]);
});

const CYCLES = 200;

interface Cycle {
  readonly memory: number;
  readonly handles: number;
  readonly listeners: number;
  readonly resources: string;
}

it('25. 200 cycles of create and close: handles, listeners and memory stay as they are', async ({ task }) => {
  const database = temporaryFile();
  const child = startScript(
    `const { readdirSync } = await import('node:fs');
     const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
     const handles = () => process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
     // Node counts the immediate that a sample waits for, or does not count it any more.
     const resources = () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').sort().join(' ');
     const samples = [];
     const ledgers = [];
     for (let cycle = 0; cycle < ${CYCLES}; cycle++) {
       const ferret = createFerret({ ...options, runId: 'cycles' });
       for (let i = 0; i < 100; i++) ferret.measure('work', { cycle, i }, () => {});
       ferret.start('open');
       ledgers.push((await ferret.close()).ledger);
       if (cycle % 20 !== 19) continue;
       await new Promise(setImmediate);
       gc();
       const { heapUsed, external } = process.memoryUsage();
       samples.push({
         memory: heapUsed + external,
         handles: handles(),
         listeners: listeners(),
         resources: resources(),
       });
     }
     process.send({ samples, ledgers });
     process.disconnect();`,
    database,
    EXPOSE_GC,
  );
  const { samples, ledgers } = await message<{ samples: Cycle[]; ledgers: Ledger[] }>(child);
  const end = await child.ended;
  expectUndisturbed(end);
  expect(end.stderr).toBe('');
  expect(ledgers).toHaveLength(CYCLES);
  for (const ledger of ledgers) expect(ledger).toMatchObject({ started: 101, stored: 101, pending: 0 });
  for (const key of ['handles', 'listeners', 'resources'] as const) {
    expect([...new Set(samples.slice(1).map((sample) => sample[key]))], key).toHaveLength(1);
  }
  // The ledgers themselves are what grows.
  expectFlat(
    samples.slice(2).map(({ memory }) => memory),
    3,
  );
  expect(await expectSound(database)).toHaveLength(CYCLES);
  const [first, last] = [samples[1]!, samples.at(-1)!];
  figure(
    task,
    `${CYCLES} cycles: ${first.handles} handles and ${first.listeners} listeners after 40, ${last.handles} and ` +
      `${last.listeners} after ${CYCLES}; ${(first.memory / 1024 / 1024).toFixed(2)} MB in use, then ` +
      `${(last.memory / 1024 / 1024).toFixed(2)} MB`,
  );
});
