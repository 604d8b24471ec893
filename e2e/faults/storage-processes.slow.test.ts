import { setTimeout } from 'node:timers/promises';
import { recoverFile } from '@ferretjs/core/maintenance';
import { expect, it, onTestFinished } from 'vitest';
import { ask, message, runScript, start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectFewWarnings, expectSound, expectUndisturbed } from './invariants.js';
import { startLoad } from './load.js';
import { scaled } from './scale.js';

it('11. four processes write 10,000 spans each to one file: exactly 40,000 distinct ids', async ({ task }) => {
  const database = temporaryFile();
  const script = `const ferret = createFerret({ ...options, runId: 'together' });
    for (let i = 0; i < 10000; i++) {
      ferret.start('work').end();
      if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const report = await ferret.close({ timeoutMillis: 30000 });
    if (report.ledger.stored !== 10000) throw new Error(JSON.stringify(report));`;
  const before = performance.now();
  const ends = await Promise.all(Array.from({ length: 4 }, () => runScript(script, database)));
  const seconds = (performance.now() - before) / 1_000;
  for (const end of ends) {
    expect(end).toMatchObject(ENDED_WELL);
    expectFewWarnings(end);
  }
  const [counted] = await query<{ ids: number }>(
    database,
    `SELECT count(DISTINCT span_id) AS ids, count(DISTINCT process_key) AS processes, count(DISTINCT run_id) AS runs
     FROM ferret_spans_v1`,
  );
  expect(counted).toEqual({ ids: 40_000, processes: 4, runs: 1 });
  expect(await expectSound(database)).toHaveLength(4);
  figure(task, `${counted?.ids} distinct ids of 40,000, in ${seconds.toFixed(1)} s with the start of the processes`);
});

const KILLS = scaled(60);
/**
 * The spans that may be missing of a worker that was killed: its queue, in half a second at this rate, and one batch.
 */
const OPTIONS = { batchSize: 64, flushIntervalMillis: 50, maxQueueSize: 1_024 };
const WINDOW = OPTIONS.maxQueueSize + OPTIONS.batchSize;

it('12. cluster workers killed and forked again under load: no gap in the ledger, no handle shared', async ({
  task,
}) => {
  const database = temporaryFile();
  const child = start('cluster.mjs', { OPTIONS: JSON.stringify({ ...OPTIONS, database, runId: 'cluster' }) });
  onTestFinished(() => void child.process.kill('SIGTERM'));
  const { port } = await message<{ port: number }>(child);
  const load = startLoad(port, 300);
  let hardKills = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await setTimeout(Math.random() * 800);
    const isHard = kill % 2 === 0;
    if (isHard) hardKills++;
    expect(await ask(child, isHard ? 'SIGKILL' : 'SIGTERM')).toBe('forked again');
  }
  const { requests, wrong } = await load.stop();
  expect(await ask(child, 'close')).toEqual({ inherited: 0 });
  expectUndisturbed(await child.ended);
  await recoverFile(database);

  // Those that were with a worker when it was killed have no answer; all others have the right one.
  for (const answer of wrong) expect(answer).toMatch(/socket hang up|ECONNRESET|EPIPE|no answer/);
  expect(wrong.length).toBeLessThan(requests / 4);
  const processes = await expectSound(database, { pending: { atMost: hardKills * WINDOW } });
  expect(processes).toHaveLength(1 + 2 + KILLS);
  const reasons = processes.map(({ end_reason }) => end_reason);
  expect(reasons.filter((reason) => reason === 'crashed')).toHaveLength(hardKills);
  expect(reasons.filter((reason) => reason === 'SIGTERM')).toHaveLength(2 + KILLS - hardKills);
  // A worker has counted the requests that it was sent while it closed.
  for (const { end_reason, started, stored, dropped_closed } of processes) {
    if (end_reason !== 'crashed') expect(stored + dropped_closed).toBe(started);
  }
  const stored = processes.reduce((sum, process) => sum + process.stored, 0);
  const closed = processes.reduce((sum, process) => sum + process.dropped_closed, 0);
  expect(stored + closed).toBeGreaterThanOrEqual(2 * (requests - wrong.length) - hardKills * WINDOW);
  figure(
    task,
    `${KILLS} kills, ${requests} requests, ${wrong.length} without an answer; ${stored} spans stored by ` +
      `${processes.length} processes`,
  );
});
