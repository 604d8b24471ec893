import { existsSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { message, runScript, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectSound, expectUndisturbed } from './invariants.js';
import { percentile } from './load.js';
import { beginElsewhere } from './other-program.js';
import { isSoak, scaled } from './scale.js';
import { type Service, startService } from './service.js';

const MEGABYTE = 1024 * 1024;
const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`;

/** The WAL is cut back to this when nobody reads its beginning any more. */
const WAL_CAP = 64 * MEGABYTE;

it('13. a reader open for 10 minutes under load: the WAL shrinks when it has gone', async ({ task }) => {
  const database = temporaryFile();
  // 3 KB a span; at full length as slow as that the WAL stays within bounds.
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
       for (let i = 0; i < ${isSoak ? 2 : 100}; i++) ferret.start('work', { attributes }).end();
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
  if (isSoak) await setTimeout(600_000);
  await expect.poll(walSize, { interval: 100, timeout: 100_000 }).toBeGreaterThan(WAL_CAP + 4 * MEGABYTE);
  const largest = walSize();
  await release();
  await expect.poll(walSize, { interval: 100, timeout: 60_000 }).toBeLessThanOrEqual(WAL_CAP);
  const afterwards = walSize();
  child.process.send('close');
  expectUndisturbed(await child.ended);
  expect(existsSync(`${database}-wal`)).toBe(false);
  await expectSound(database);
  figure(
    task,
    `WAL ${megabytes(largest)} while the reader was there, ${megabytes(afterwards)} afterwards under the same load`,
  );
});

const CAP = 8 * MEGABYTE;
const SECONDS = scaled(60);

/** Loads a service, and returns what its clients saw and how large the file was, four times a second. */
async function observe(service: Service) {
  const load = service.load(300);
  const sizes: number[] = [];
  for (let sample = 0; sample < SECONDS * 4; sample++) {
    await setTimeout(250);
    sizes.push(statSync(service.database).size);
  }
  const { wrong, requests, millis } = await load.stop();
  expect(wrong).toEqual([]);
  expect(await service.flush()).toMatchObject({ started: requests * 2, stored: requests * 2 });
  expect((await service.close()).complete).toBe(true);
  return { sizes, p99: percentile(millis, 0.99) };
}

it('14. retention under load: the file stops growing at its cap, and requests take no longer', async ({ task }) => {
  const [database, unlimited] = [temporaryFile(), temporaryFile()] as const;
  const fill = `const ferret = createFerret({ ...options, retention: { maxSizeMegabytes: Infinity } });
    for (let i = 0; i < 60_000; i++) ferret.start('work', { attributes: { text: 'x'.repeat(150) } }).end();`;
  for (const file of [database, unlimited]) expect(await runScript(fill, file)).toMatchObject(ENDED_WELL);
  const full = statSync(database).size;
  expect(full).toBeGreaterThan(CAP * 1.5);

  const without = await observe(await startService({ database: unlimited, batchSize: 100 }));
  const maxSizeMegabytes = CAP / MEGABYTE;
  const kept = await observe(await startService({ database, batchSize: 100, retention: { maxSizeMegabytes } }));

  // A tenth of the pages may be free, and a megabyte.
  const plateau = kept.sizes.slice(kept.sizes.length / 2);
  expect(Math.max(...plateau)).toBeLessThan(CAP * 1.1 + 2 * MEGABYTE);
  expect(kept.p99).toBeLessThan(without.p99 * 5 + 50);
  const [row] = await query<{ rows: number }>(database, 'SELECT count(*) AS rows FROM span');
  expect(row?.rows).toBeGreaterThan(5_000);
  await expectSound(database, { pruned: true });
  figure(
    task,
    `${megabytes(full)} at the start, then ${megabytes(Math.min(...plateau))} to ${megabytes(Math.max(...plateau))} for a cap of ` +
      `${megabytes(CAP)}; p99 of the requests ${kept.p99.toFixed(1)} ms, ${without.p99.toFixed(1)} ms without retention`,
  );
});
