import type { Ledger } from '@ferretjs/core';
import { expect, it } from 'vitest';
import { message, startScript, temporaryFile } from '../child.js';
import { figure } from './figures.js';
import { expectSound, expectUndisturbed } from './invariants.js';
import { EXPOSE_GC, expectFlat } from './memory.js';
import { scaled } from './scale.js';
import { unexplained } from './service.js';

const QUEUE = 2_000;

interface Outcome {
  /** Bytes in use once the queue was full, and at intervals after that. */
  readonly samples: readonly number[];
  readonly ledger: Ledger;
  /** Timers that have run meanwhile. */
  readonly ticks: number;
}

/** For the scripts: bytes in use after a collection. */
const MEMORY =
  'const memory = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; };';

async function run(script: string, database = temporaryFile()): Promise<Outcome> {
  const child = startScript(MEMORY + script, database, EXPOSE_GC);
  const outcome = await message<Outcome>(child);
  const end = await child.ended;
  expectUndisturbed(end);
  expect(end.stderr).toContain('FERRET_QUEUE_FULL');
  return outcome;
}

it('17 a. 50 times what a sink of 10 ms a span can take: the rest is dropped and counted, the heap flat', async ({
  task,
}) => {
  const seconds = scaled(40);
  const { samples, ledger } = await run(
    `const { setTimeout } = await import('node:timers/promises');
     const sink = { write: (batch) => setTimeout(10 * batch.spans.length), close: async () => {} };
     const ferret = createFerret({ sink, batchSize: 10, maxQueueSize: ${QUEUE} });
     const samples = [];
     for (let tick = 0; tick < ${seconds} * 100; tick++) {
       for (let i = 0; i < 50; i++) ferret.start('work', { attributes: { number: i, text: 'x'.repeat(100) } }).end();
       if (tick % ${seconds * 10} === ${seconds * 10 - 1}) samples.push(memory());
       await setTimeout(10);
     }
     const { ledger } = await ferret.close({ timeoutMillis: 500 });
     process.send({ samples, ledger });
     process.disconnect();`,
  );
  expect(ledger.started).toBe(seconds * 5_000);
  expect(unexplained(ledger)).toBe(0);
  expect(ledger.stored).toBeGreaterThan(0);
  expect(ledger.dropped.queueFull).toBeGreaterThan(ledger.started / 4);
  expect(ledger.dropped.writeFailed).toBeLessThanOrEqual(QUEUE);
  expectFlat(samples.slice(1), 8);
  figure(task, `${ledger.started} spans: ${ledger.stored} stored, ${ledger.dropped.queueFull} dropped and counted`);
});

it('17 b. a loop of microtasks that lets no timer and no I/O run: the same', async ({ task }) => {
  const database = temporaryFile();
  const count = scaled(20_000_000);
  const { samples, ledger, ticks } = await run(
    `let ticks = 0;
     setInterval(() => ticks++, 1).unref();
     const ferret = createFerret({ ...options, maxQueueSize: ${QUEUE} });
     const samples = [];
     for (let i = 0; i < ${count}; i++) {
       await ferret.measure('work', { number: i }, async () => { await null; });
       if (i % ${count / 10} === ${count / 10 - 1}) samples.push(memory());
     }
     const ticksMeanwhile = ticks;
     const { ledger } = await ferret.close();
     process.send({ samples, ledger, ticks: ticksMeanwhile });
     process.disconnect();`,
    database,
  );
  expect(ticks).toBe(0);
  expect(ledger).toMatchObject({ started: count, stored: QUEUE, spilled: 0, pending: 0 });
  expect(ledger.dropped).toEqual({ queueFull: count - QUEUE, writeFailed: 0, closed: 0, tooLarge: 0 });
  expectFlat(samples, 8);
  await expectSound(database);
  figure(
    task,
    `${count} spans without a turn of the event loop: the heap grew by ${growth(samples)} MB after the first tenth`,
  );
});

function growth([first = 0, ...later]: readonly number[]): string {
  return ((Math.max(...later) - first) / 1024 / 1024).toFixed(1);
}
