import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recoverFile } from '@ferretjs/core/maintenance';
import { describe, expect, it } from 'vitest';
import { message, runScript, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { expectSound, expectUndisturbed } from './invariants.js';
import { beginElsewhere } from './other-program.js';

/** Signals that end a process by default, as others send them; see packages/core/src/ferret/end-signals.ts. */
const SIGNALS: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGXCPU',
  ...(process.platform === 'linux' ? (['SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const) : []),
];

/** 10 spans that are stored, 20 that wait for their batch, and two that are open. */
const RECORD = `
  const ferret = createFerret({ ...options, flushIntervalMillis: 60_000 });
  for (let i = 0; i < 10; i++) ferret.start('stored').end();
  await ferret.flush();
  for (let i = 0; i < 20; i++) ferret.start('waiting').end();
  ferret.start('open');
  ferret.start('open');
  const forever = setInterval(() => {}, 1000);`;

const STARTED = 32;

const raise = (signal: string) => `process.kill(process.pid, '${signal}');`;

function filesBeside(database: string): string[] {
  return readdirSync(dirname(database)).filter((name) => !/-(wal|shm)$/.test(name));
}

/** Everything is there once, after what the process left has been taken in, and the end has a name. */
async function expectEnd(database: string, reason: string, started = STARTED) {
  expect(await recoverFile(database)).toMatchObject({ damaged: 0, left: [] });
  expect(filesBeside(database)).toEqual(['ferret.db']);
  expect(await expectSound(database)).toMatchObject([{ started, stored: started, end_reason: reason }]);
}

describe.each(SIGNALS)('%s', (signal) => {
  it('53. P8: alone, ends the process with the same wait status, with everything stored', async () => {
    const database = temporaryFile();
    const [bare, end] = [
      await runScript(`setInterval(() => {}, 1000); ${raise(signal)}`),
      await runScript(RECORD + raise(signal), database),
    ];
    expect(end).toMatchObject({ code: bare.code, signal: bare.signal, stderr: bare.stderr });
    expect(end.signal).toBe(signal);
    // Without anybody having to take anything in.
    expect(filesBeside(database)).toEqual(['ferret.db']);
    expect(await expectSound(database)).toMatchObject([{ started: STARTED, stored: STARTED, end_reason: signal }]);
  });

  it.each([
    ['raises it again at once', raise(signal), signal],
    ['raises it again in a microtask', `Promise.resolve().then(() => { ${raise(signal)} });`, signal],
    ['raises it again in the next turn of the loop', `setImmediate(() => { ${raise(signal)} });`, signal],
    ['raises it again later', `setTimeout(() => { ${raise(signal)} }, 50);`, signal],
    ['exits at once', 'process.exit(3);', 'exit'],
    ['exits later', 'setTimeout(() => process.exit(3), 50);', 'exit'],
  ])('53. P6: with a listener that %s: nothing is lost, and the end is named', async (_what, react, reason) => {
    const database = temporaryFile();
    const end = await runScript(`${RECORD} process.once('${signal}', () => { ${react} }); ${raise(signal)}`, database);
    expectUndisturbed(end, reason === 'exit' ? { code: 3, signal: null } : { code: null, signal });
    await expectEnd(database, reason);
  });
});

describe.each([
  ['3', "(await import('signal-exit-3')).default"],
  ['4', "(await import('signal-exit')).onExit"],
])('signal-exit %s', (_version, onExit) => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM'] as const)(
    '53. P6: hears %s and ends the process as without Ferret, and nothing is lost',
    async (signal) => {
      for (const order of [`${RECORD} onExit(() => {});`, `onExit(() => {}); ${RECORD}`]) {
        const database = temporaryFile();
        const end = await runScript(`const onExit = ${onExit}; ${order} ${raise(signal)}`, database);
        expectUndisturbed(end, { code: null, signal });
        await expectEnd(database, signal);
      }
    },
  );
});

it('53. P7: a shutdown that raises the signal again finds Ferret alone: all stored, the end named', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `const { createServer } = await import('node:http');
     ${RECORD}
     const server = createServer((_request, response) => setTimeout(() => response.end(), 200)).listen(0, () => {
       fetch('http://127.0.0.1:' + server.address().port, { headers: { connection: 'close' } })
         .then((response) => response.text());
     });
     process.once('SIGTERM', () => {
       ferret.start('while shutting down').end();
       server.close(() => { ferret.start('at last').end(); ${raise('SIGTERM')} });
     });
     server.once('request', () => { ${raise('SIGTERM')} });`,
    database,
  );
  expectUndisturbed(end, { code: null, signal: 'SIGTERM' });
  expect(filesBeside(database)).toEqual(['ferret.db']);
  await expectEnd(database, 'SIGTERM', STARTED + 2);
});

it('53. P7: with @godaddy/terminus, everything is stored and the end named', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `const { createServer } = await import('node:http');
     const { createTerminus } = (await import('@godaddy/terminus')).default;
     ${RECORD}
     const server = createServer().listen(0);
     const onSignal = async () => ferret.start('cleanup').end();
     createTerminus(server, { signals: ['SIGTERM'], timeout: 500, onSignal });
     ${raise('SIGTERM')}`,
    database,
  );
  expectUndisturbed(end, { code: null, signal: 'SIGTERM' });
  await expectEnd(database, 'SIGTERM', STARTED + 1);
});

it('53. P6: a process that listens and lives on records further, and keeps no copies', async () => {
  const database = temporaryFile();
  const child = startScript(
    `${RECORD}
     process.on('SIGHUP', () => process.send('heard'));
     process.on('message', () => process.exit());
     ${raise('SIGHUP')}
     setTimeout(async () => { ferret.start('later').end(); await ferret.flush(); process.send(ferret.stats()); }, 50);`,
    database,
  );
  expect(await message(child)).toBe('heard');
  expect(await message(child)).toMatchObject({ started: STARTED + 1, stored: STARTED - 1, spilled: 0, pending: 2 });
  expect(filesBeside(database)).toEqual(['ferret.db']);
  child.process.send('end');
  expectUndisturbed(await child.ended);
  await expectEnd(database, 'exit', STARTED + 1);
});

it('53. P6: a second signal while the file is locked ends the process at once, and nothing is lost', async () => {
  const database = temporaryFile();
  const child = startScript(`${RECORD} process.send('ready');`, database);
  await message(child);
  const free = await beginElsewhere(database, 'BEGIN IMMEDIATE');
  child.process.kill('SIGINT');
  // Its listeners are gone once it has heard the first.
  await expect.poll(() => filesBeside(database).length).toBe(2);
  child.process.kill('SIGINT');
  const end = await child.ended;
  expect(end).toMatchObject({ code: null, signal: 'SIGINT' });
  await free();
  await expectEnd(database, 'SIGINT');
});

it('53. P5: where the signal raised has no effect, recording goes on, and a later one ends the process', async () => {
  const database = temporaryFile();
  const child = startScript(
    `const { kill } = process;
     let raised;
     process.kill = (...parameters) => { process.kill = kill; raised = parameters; return true; };
     ${RECORD}
     process.once('message', async () => {
       for (let i = 0; i < 26; i++) ferret.start('after').end();
       await ferret.flush();
       process.send({ raised, stats: ferret.stats() });
     });
     process.send('ready');`,
    database,
  );
  await message(child);
  child.process.kill('SIGTERM');
  await expect
    .poll(() => query(database, "SELECT 1 FROM ferret_processes_v1 WHERE end_reason = 'SIGTERM'"))
    .toHaveLength(1);
  const answer = message<{ raised: unknown[]; stats: object }>(child);
  child.process.send('go on');
  const { raised, stats } = await answer;
  expect(raised).toEqual([child.process.pid, 'SIGTERM']);
  expect(stats).toMatchObject({ started: STARTED + 26, stored: STARTED + 26, dropped: { closed: 0 }, pending: 0 });
  expect(await query(database, 'SELECT end_reason FROM ferret_processes_v1')).toEqual([{ end_reason: null }]);
  child.process.kill('SIGTERM');
  expectUndisturbed(await child.ended, { code: null, signal: 'SIGTERM' });
  await expectEnd(database, 'SIGTERM', STARTED + 26);
});

describe('as process 1 of a container', () => {
  const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
  const mayUnshare = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;

  /** The pid outside of the process that is number 1 inside. */
  const inside = (unshare: number) => Number(readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8'));

  it.runIf(mayUnshare)(
    '53. P5: SIGTERM, SIGINT and SIGHUP end nothing, as without Ferret, and all is recorded (needs root on Linux)',
    async () => {
      const database = temporaryFile();
      const unshare = spawn(
        'unshare',
        [...NAMESPACE, process.execPath, fileURLToPath(new URL('../apps/run-script.mjs', import.meta.url))],
        {
          env: {
            ...process.env,
            DATABASE: database,
            SCRIPT: `${RECORD}
              process.on('message', async (count) => {
                for (let i = 0; i < count; i++) ferret.start('after').end();
                await ferret.flush();
                process.send({ pid: process.pid, stats: ferret.stats() });
              });
              process.send('ready');`,
          },
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        },
      );
      const answer = async () => (await once(unshare, 'message'))[0] as object;
      await answer();
      const pid = inside(unshare.pid!);
      let started = STARTED;
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
        process.kill(pid, signal);
        // The spans that were flushed at the signal are in the file before anything else is asked.
        await expect
          .poll(() => query(database, "SELECT 1 FROM ferret_spans_v1 WHERE name = 'waiting'"))
          .toHaveLength(20);
        unshare.send(26);
        started += 26;
        expect(await answer()).toMatchObject({
          pid: 1,
          stats: { started, stored: started - 2, dropped: { closed: 0 }, pending: 2 },
        });
        expect(await query(database, 'SELECT end_reason FROM ferret_processes_v1')).toEqual([{ end_reason: null }]);
      }
      expect(filesBeside(database)).toEqual(['ferret.db']);
      unshare.kill('SIGKILL');
      await once(unshare, 'close');
    },
  );
});
