import { existsSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { FerretOptions } from '@ferretjs/core';
import { expect, it, onTestFinished } from 'vitest';
import { message, runScript, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectSound, expectUndisturbed } from './invariants.js';
import { percentile } from './load.js';
import { beginElsewhere } from './other-program.js';
import { isSoak, LONG_MILLIS, scaled } from './scale.js';
import { type Service, startService } from './service.js';

const MEGABYTE = 1024 * 1024;
const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;

/** The WAL is cut back to this when nobody reads its beginning any more. */
const WAL_CAP = 64 * MEGABYTE;

const READER_SECONDS = scaled(600);

it(`13. a reader open for ${READER_SECONDS} s under load: the WAL keeps to its cap, then shrinks; nothing is lost`, {
  timeout: LONG_MILLIS,
}, async ({ task }) => {
  const database = temporaryFile();
  // 3 KB a span, so many that the WAL would outgrow its cap; what comes then waits in the spill.
  const child = startScript(
    `const { setTimeout } = await import('node:timers/promises');
     const ferret = createFerret({ ...options, retention: { maxSizeMegabytes: Infinity } });
     const attributes = { a: 'a'.repeat(1000), b: 'b'.repeat(1000), c: 'c'.repeat(1000) };
     ferret.start('work').end();
     await ferret.flush();
     process.send('stored');
     let isClosing = false;
     process.once('message', () => { isClosing = true; });
     while (!isClosing) {
       for (let i = 0; i < ${isSoak ? 2 : 10}; i++) ferret.start('work', { attributes }).end();
       await setTimeout(10);
     }
     const { complete, unwritten } = await ferret.close({ timeoutMillis: 60_000 });
     if (!complete || unwritten > 0) throw new Error('not all is stored');
     process.disconnect();`,
    database,
  );
  onTestFinished(() => void child.process.kill('SIGKILL'));
  await message(child);
  const release = await beginElsewhere(database, 'BEGIN; SELECT count(*) FROM ferret_spans_v1');
  const walSize = () => statSync(`${database}-wal`).size;
  await setTimeout(READER_SECONDS * 1_000);
  await expect.poll(walSize, { interval: 100, timeout: 100_000 }).toBeGreaterThan(WAL_CAP);
  // It is looked at after each batch.
  const largest = walSize();
  expect(largest).toBeLessThan(WAL_CAP + 8 * MEGABYTE);
  await release();
  await expect.poll(walSize, { interval: 100, timeout: 60_000 }).toBeLessThanOrEqual(WAL_CAP);
  const afterwards = walSize();
  child.process.send('close');
  expectUndisturbed(await child.ended);
  expect(existsSync(`${database}-wal`)).toBe(false);
  await expectSound(database);
  figure(
    task,
    `WAL ${megabytes(largest)} after ${READER_SECONDS} s with the reader, ${megabytes(afterwards)} afterwards ` +
      'under the same load',
  );
});

const CAP = 8 * MEGABYTE;
const ROUNDS = scaled(100);
/** Two spans a request: as many in each burst as retention deletes at once. */
const REQUESTS_PER_SECOND = 500;
const BURST_SECONDS = 4;

/** A service that gets one burst after the other, and what was seen in each. */
interface Loaded {
  readonly service: Service;
  requests: number;
  /** Latencies of the requests, in milliseconds. */
  readonly p99s: number[];
  /** Sizes of the file, taken four times a second. */
  readonly sizes: number[];
}

async function burst(loaded: Loaded): Promise<void> {
  const load = loaded.service.load(REQUESTS_PER_SECOND);
  for (let sample = 0; sample < BURST_SECONDS * 4; sample++) {
    await setTimeout(250);
    loaded.sizes.push(statSync(loaded.service.database).size);
  }
  const { wrong, requests, millis } = await load.stop();
  expect(wrong).toEqual([]);
  loaded.requests += requests;
  loaded.p99s.push(percentile(millis, 0.99));
  await loaded.service.flush();
}

async function expectAllStored({ service, requests }: Loaded): Promise<void> {
  expect(await service.stats()).toMatchObject({ started: requests * 2, stored: requests * 2 });
  expect((await service.close()).complete).toBe(true);
}

/** Median, and quartiles. */
function spread(millis: readonly number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => percentile(millis, share).toFixed(1));
  return `${middle} ms (${low} to ${high})`;
}

it('14. retention under load: the file stops growing at its cap, and requests take no longer', {
  timeout: LONG_MILLIS,
}, async ({ task }) => {
  const fill = `const ferret = createFerret({ ...options, retention: { maxSizeMegabytes: Infinity } });
    for (let i = 0; i < 60_000; i++) ferret.start('work', { attributes: { text: 'x'.repeat(150) } }).end();`;
  const startFilled = async (retention: FerretOptions['retention'] = {}): Promise<Loaded> => {
    const database = temporaryFile();
    expect(await runScript(fill, database)).toMatchObject(ENDED_WELL);
    expect(statSync(database).size).toBeGreaterThan(CAP * 1.5);
    const service = await startService({ database, batchSize: 100, retention });
    return { service, requests: 0, p99s: [], sizes: [statSync(database).size] };
  };
  const kept = await startFilled({ maxSizeMegabytes: CAP / MEGABYTE });
  const unlimited = await startFilled();
  const full = kept.sizes[0]!;

  // By turns, so that whatever else the machine does disturbs both: another one first each round.
  for (let round = 0; round <= ROUNDS; round++) {
    const [first, second] = round % 2 === 0 ? [kept, unlimited] : [unlimited, kept];
    await burst(first);
    await burst(second);
  }
  for (const loaded of [kept, unlimited]) await expectAllStored(loaded);

  // A tenth of the pages may be free, and a megabyte.
  const plateau = kept.sizes.slice(kept.sizes.length / 2);
  expect(Math.max(...plateau)).toBeLessThan(CAP * 1.1 + 2 * MEGABYTE);
  const { database } = kept.service;
  const [row] = await query<{ rows: number }>(database, 'SELECT count(*) AS rows FROM span');
  expect(row?.rows).toBeGreaterThan(5_000);
  await expectSound(database, { pruned: true });

  // The first round warms up.
  const [withRetention, without] = [kept.p99s.slice(1), unlimited.p99s.slice(1)];
  const differences = withRetention.map((p99, round) => p99 - without[round]!);
  figure(
    task,
    `${megabytes(full)} at the start, then ${megabytes(Math.min(...plateau))} to ` +
      `${megabytes(Math.max(...plateau))} for a cap of ${megabytes(CAP)}; p99 of ${ROUNDS} bursts ` +
      `${spread(withRetention)}, without retention ${spread(without)}; the difference, burst by burst, ` +
      `${spread(differences)}`,
  );
});
