import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { recoverFile } from '@ferretjs/core/maintenance';
import { describe, expect, it } from 'vitest';
import { runScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectSound, expectUndisturbed } from './invariants.js';
import { scaled } from './scale.js';

interface Ending {
  readonly script: string;
  readonly code: number;
  readonly reason: string;
}

const ENDINGS: Record<string, Ending> = {
  'process.exit()': { script: 'process.exit(7)', code: 7, reason: 'exit' },
  'an uncaught exception': {
    script: "setTimeout(() => { throw new Error('my bug'); }, 0)",
    code: 1,
    reason: 'uncaughtException',
  },
  'an unhandled rejection': {
    script: "Promise.reject(new Error('my bug'))",
    code: 1,
    reason: 'uncaughtException',
  },
};

/** Spans that are open at the end. */
const OPEN = 3;

/** Records for a while, then ends in the middle of it; returns how many spans were started. */
async function endInTheMiddle(database: string, { script, code }: Ending, afterMillis: number): Promise<number> {
  const end = await runScript(
    `const { writeFileSync } = await import('node:fs');
     const ferret = createFerret({ ...options, batchSize: 64, flushIntervalMillis: 20 });
     for (let i = 0; i < ${OPEN}; i++) ferret.start('open');
     let count = ${OPEN};
     const timer = setInterval(() => {
       for (let i = 0; i < 50; i++, count++) ferret.start('work').end();
     }, 2);
     setTimeout(() => {
       for (let i = 0; i < 100; i++, count++) ferret.start('last').end();
       writeFileSync(options.database + '.count', String(count));
       clearInterval(timer);
       ${script};
     }, ${afterMillis});`,
    database,
  );
  expectUndisturbed(end, { code, signal: null });
  expect(end.stderr).not.toContain('FerretWarning');
  return Number(readFileSync(`${database}.count`, 'utf8'));
}

const spillsOf = (database: string) => readdirSync(dirname(database)).filter((name) => name.includes('.spill'));

/** Every span is there, each once, and what was open is interrupted. */
async function expectAll(database: string, started: number, reason: string): Promise<void> {
  expect(spillsOf(database)).toEqual([]);
  const processes = await expectSound(database);
  const ended = processes.find(({ run_id }) => run_id !== 'next');
  expect(ended).toMatchObject({ started, stored: started, spilled: 0, end_reason: reason });
  expect(
    await query(
      database,
      `SELECT count(DISTINCT span_id) AS ids, count(*) FILTER (WHERE outcome = 'interrupted') AS interrupted
       FROM ferret_spans_v1 WHERE run_id <> 'next'`,
    ),
  ).toEqual([{ ids: started, interrupted: OPEN }]);
}

const RECOVERIES: Record<string, (database: string) => Promise<unknown>> = {
  async 'the next open of the file'(database) {
    const next = await runScript('createFerret({ ...options, runId: "next" }).start("work").end()', database);
    expect(next).toMatchObject({ ...ENDED_WELL, stderr: '' });
  },
  async 'recoverFile()'(database) {
    expect(await recoverFile(database)).toMatchObject({ spillFiles: 1, damaged: 0, left: [] });
    expect(await recoverFile(database)).toMatchObject({ spillFiles: 0, spans: 0 });
  },
  async 'three processes at once'(database) {
    const script = 'createFerret({ ...options, runId: "next" }).start("work").end()';
    const ends = await Promise.all(Array.from({ length: 3 }, () => runScript(script, database)));
    for (const end of ends) expect(end).toMatchObject(ENDED_WELL);
  },
};

describe.each(Object.entries(ENDINGS))('%s in the middle of a batch', (what, ending) => {
  it.each(Object.entries(RECOVERIES))(
    `21 a. ${what}: what was queued is spilled, and taken in exactly once by %s`,
    async (_who, recover) => {
      const database = temporaryFile();
      const started = await endInTheMiddle(database, ending, 300);
      expect(spillsOf(database)).toHaveLength(1);
      await recover(database);
      await expectAll(database, started, ending.reason);
    },
  );

  it(`21 b. ${what}, at 100 random moments: nothing is lost, nothing is there twice`, async ({ task }) => {
    let total = 0;
    const moments = Math.ceil(scaled(100) / 3);
    for (let moment = 0; moment < moments; moment++) {
      const database = temporaryFile();
      const started = await endInTheMiddle(database, ending, Math.random() * 400);
      const { spans } = await recoverFile(database);
      expect(spans).toBeGreaterThan(0);
      await expectAll(database, started, ending.reason);
      total += started;
    }
    figure(task, `${what}, ${moments} times: ${total} spans started, as many stored, each once`);
  });
});

it.each(Object.entries(RECOVERIES))(
  '21 c. spans that the file says are open, and the spill that they have ended, are there once: by %s',
  async (_who, recover) => {
    const database = temporaryFile();
    const ending = ENDINGS['process.exit()']!;
    const started = await endInTheMiddle(database, ending, 2_500);
    expect(await query(database, 'SELECT count(*) AS open FROM ferret_open_spans_v1')).toEqual([{ open: OPEN }]);
    await recover(database);
    await expectAll(database, started, ending.reason);
  },
);

it('22 a. a script that never calls close ends by itself, with everything stored', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `const ferret = createFerret(options);
     for (let i = 0; i < 1000; i++) ferret.measure('work', () => i);
     ferret.start('open');
     await ferret.flush();`,
    database,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
  expect(await expectSound(database)).toMatchObject([{ started: 1_001, stored: 1_001, end_reason: 'exit' }]);
});

it('22 b. none of its timers and handles holds the event loop, whatever it does', async () => {
  const end = await runScript(
    `const { setTimeout } = await import('node:timers/promises');
     const ferret = createFerret({ ...options, flushIntervalMillis: 60_000, shutdownHooks: false });
     ferret.start('open');
     ferret.start('work').end();
     await ferret.flush();
     await setTimeout(1500); // A tick of the open spans, and a look at the limits.
     ferret.start('waiting').end();
     await setTimeout(0);
     const held = process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate/.test(name));
     if (held.length > 0) throw new Error(held.join());
     process.disconnect?.();`,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
});
