import { on } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { runScript, start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { expectSound, expectUndisturbed } from './invariants.js';
import { beginElsewhere } from './other-program.js';
import { scaled } from './scale.js';

/** The recorder lets at most this many wait, and one batch more may be on its way. */
const OPTIONS = { maxQueueSize: 1_024, batchSize: 64, flushIntervalMillis: 10 };
const WINDOW = OPTIONS.maxQueueSize + OPTIONS.batchSize;

/** Starts a recorder, kills it up to half a second after it is ready, or spills; and returns what it had noted. */
async function killRecorder(database: string, runId: string, moment: 'ready' | 'spills') {
  const notes = `${database}.notes`;
  const options = { ...OPTIONS, database, runId };
  const child = start('recorder.mjs', { NOTES: notes, OPTIONS: JSON.stringify(options) });
  for await (const [heard] of on(child.process, 'message')) if (heard === moment) break;
  await setTimeout(Math.random() * 500);
  child.process.kill('SIGKILL');
  expectUndisturbed(await child.ended, { code: null, signal: 'SIGKILL' });
  const bytes = readFileSync(notes);
  return { started: bytes.readDoubleLE(0), acknowledged: bytes.readDoubleLE(8) };
}

/** Counts the stored spans of a run, and those of the first numbers, where none may be missing. */
async function storedOf(database: string, runId: string, first: number) {
  const [row] = await query<{ count: number; distinct: number; ofFirst: number }>(
    database,
    `SELECT count(*) AS count, count(DISTINCT number) AS "distinct",
       count(*) FILTER (WHERE number < ${first}) AS ofFirst
     FROM (SELECT attributes ->> '$.number' AS number FROM ferret_spans_v1 WHERE run_id = '${runId}')`,
  );
  return row!;
}

/** The next process opens the file as if nothing had happened, and takes in what the others left. */
async function reopen(database: string): Promise<void> {
  const end = await runScript(
    `const ferret = createFerret({ ...options, runId: 'next' });
     ferret.start('work').end();
     const report = await ferret.close();
     if (!report.complete) throw new Error(JSON.stringify(report));`,
    database,
  );
  expectUndisturbed(end);
  // A record of the spill may have been torn in the middle, and nothing else is to be told.
  expect(end.stderr).not.toMatch(/FERRET_(?!SPILL_DAMAGED)/);
}

it('1 a. kill -9 in the middle of a write, at 100 random moments: what was committed is there, whole', async ({
  task,
}) => {
  const database = temporaryFile();
  const kills = scaled(100);
  let stored = 0;
  let missing = 0;
  for (let kill = 0; kill < kills; kill++) {
    const noted = await killRecorder(database, `kill ${kill}`, 'ready');
    if (noted.started === 0) continue;
    await reopen(database);
    const { count, distinct, ofFirst } = await storedOf(database, `kill ${kill}`, noted.acknowledged);
    expect(distinct).toBe(count);
    expect(ofFirst).toBe(noted.acknowledged);
    expect(noted.started - count).toBeLessThanOrEqual(WINDOW);
    stored += count;
    missing += noted.started - count;
  }
  await expectSound(database, { pending: { atMost: kills * WINDOW } });
  figure(
    task,
    `${kills} kills: ${stored} spans stored, none of what was acknowledged lost; ${missing} were still in memory`,
  );
});

it('1 b. kill -9 while another program locks the file: what was spilled is taken in, each once', async ({ task }) => {
  const database = temporaryFile();
  await reopen(database);
  const kills = scaled(20);
  let spilled = 0;
  for (let kill = 0; kill < kills; kill++) {
    const release = await beginElsewhere(database, 'BEGIN IMMEDIATE');
    const noted = await killRecorder(database, `kill ${kill}`, 'spills');
    await release();
    await reopen(database);
    const { count, distinct } = await storedOf(database, `kill ${kill}`, noted.acknowledged);
    expect(distinct).toBe(count);
    expect(noted.started - count).toBeLessThanOrEqual(WINDOW);
    spilled += count;
  }
  expect(spilled).toBeGreaterThan(0);
  await expectSound(database, { pending: { atMost: kills * WINDOW } });
  figure(task, `${kills} kills under a lock: ${spilled} spans taken in from spill files`);
});
