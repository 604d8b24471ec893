import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectFewWarnings, expectSound } from './invariants.js';
import { atLeast, startService } from './service.js';
import { canMount, mountVolume } from './volume.js';

const OPTIONS = { maxQueueSize: 2_000, batchSize: 100, flushIntervalMillis: 50 };
const NOTHING = { queueFull: 0, writeFailed: 0, closed: 0, tooLarge: 0 };

const spansIn = async (database: string) => {
  const [row] = await query<{ ids: number }>(database, 'SELECT count(DISTINCT span_id) AS ids FROM ferret_spans_v1');
  return row?.ids;
};

// A test of its own where there is such a disk: the same case has the next test everywhere.
for (const kilobytes of canMount ? [16_384] : []) {
  it('2 a. a full disk: what it cannot take waits, then is counted, and all goes on once there is room again', async ({
    task,
  }) => {
    const { directory } = mountVolume(kilobytes);
    const filler = join(directory, 'filler');
    writeFileSync(filler, Buffer.alloc((kilobytes - 1_024) * 1_024));
    const service = await startService({ ...OPTIONS, database: join(directory, 'ferret.db') });
    const load = service.load(500);
    await service.until({ stored: atLeast(1) });
    await service.until({ dropped: { ...NOTHING, queueFull: atLeast(100) } });
    const { stored } = await service.stats();
    rmSync(filler);
    await service.until({ stored: atLeast(stored + OPTIONS.maxQueueSize / 2) });

    const { requests, wrong } = await load.stop();
    expect(wrong).toEqual([]);
    const ledger = await service.flush();
    expect(ledger).toMatchObject({ started: requests * 2, spilled: 0, pending: 0 });
    expect(ledger.dropped).toEqual({ ...NOTHING, queueFull: requests * 2 - ledger.stored });
    const { complete, stderr } = await service.close();
    expect(complete).toBe(true);
    for (const code of ['STORE_UNAVAILABLE', 'SPILL_FAILED', 'QUEUE_FULL']) expect(stderr).toContain(code);
    expect(readdirSync(directory)).toEqual(['ferret.db']);
    await expectSound(service.database);
    figure(
      task,
      `full at ${stored} spans, ${ledger.stored} stored in the end, ${ledger.dropped.queueFull} dropped and counted`,
    );
  });
}

it('2 b. a database that may have no more pages: all is spilled, and stored once it may', async ({ task }) => {
  const preload = fileURLToPath(new URL('../apps/bounded-sqlite.mjs', import.meta.url));
  // A queue that a busy machine does not fill halfway, which would be a reason to spill, too.
  const options = { ...OPTIONS, maxQueueSize: 20_000 };
  const service = await startService(options, { execArgv: ['--import', preload], environment: { MAX_PAGES: '60' } });
  const load = service.load(500);
  await service.until({ stored: atLeast(1) });
  await service.until({ spilled: atLeast(1_000) });
  const { stored, spilled } = await service.stats();
  service.child.process.kill('SIGUSR2');
  await service.until({ stored: atLeast(stored + 1_000) });

  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  expect(await service.flush()).toMatchObject({ started: requests * 2, stored: requests * 2, dropped: NOTHING });
  const { stderr } = await service.close();
  expect(stderr).toContain('STORE_UNAVAILABLE');
  expect(readdirSync(dirname(service.database))).toEqual(['ferret.db']);
  await expectSound(service.database);
  expect(await spansIn(service.database)).toBe(requests * 2);
  figure(
    task,
    `full at ${stored} spans, ${spilled} of those that followed spilled by the time there was room again, none lost`,
  );
});

it('3. a limit on the size of files (ulimit -f): the application lives, what is spilled outlives it', async ({
  task,
}) => {
  const database = temporaryFile();
  const service = await startService(
    { ...OPTIONS, database },
    { fork: { execPath: '/bin/sh' }, execArgv: ['-c', 'ulimit -f 1024; exec "$0" "$@"', process.execPath] },
  );
  const load = service.load(500);
  await service.until({ stored: atLeast(1) });
  await service.until({ dropped: { ...NOTHING, queueFull: atLeast(100) } });
  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  const { ledger, unwritten, stderr } = await service.close();
  expect(ledger).toMatchObject({ started: requests * 2, pending: 0 });
  expect(ledger.spilled).toBeGreaterThan(0);
  expect(unwritten).toBeGreaterThanOrEqual(ledger.spilled);
  for (const code of ['STORE_UNAVAILABLE', 'SPILL_FAILED', 'QUEUE_FULL']) expect(stderr).toContain(code);
  for (const name of readdirSync(dirname(database))) {
    expect(statSync(join(dirname(database), name)).size).toBeLessThanOrEqual(1024 * 1024);
  }

  const next = await runScript('createFerret(options).start("work").end()', database);
  expect(next).toMatchObject(ENDED_WELL);
  expectFewWarnings(next);
  expect(readdirSync(dirname(database))).toEqual(['ferret.db']);
  expect(await spansIn(database)).toBe(ledger.stored + ledger.spilled + 1);
  // The process had no room either to write down how much it had dropped since.
  await expectSound(database, { pending: { atMost: ledger.dropped.queueFull + ledger.dropped.writeFailed } });
  figure(task, `${ledger.stored} spans stored, ${ledger.spilled} taken in by the next process, the rest counted`);
});
