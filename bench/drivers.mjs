// Both drivers under one Node that has both, in fresh processes, in turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNode } from '../scripts/node-matrix.mjs';
import { quartileCell, table, tenths } from './cells.mjs';
import { quartiles } from './quartiles.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

const MAJOR = 24;
const CACHE = fileURLToPath(new URL('../.cache', import.meta.url));
const PROCESS = fileURLToPath(new URL('drivers-process.mjs', import.meta.url));
const DRIVERS = { 'node:sqlite': [], sqlite3: ['--no-experimental-sqlite'] };
const FIGURES = {
  mainMillis: 'main thread, ms a batch',
  allMillis: 'all threads, ms a batch',
  delayMillis: 'loop delay p99, ms',
  firstMillis: 'open and first span, ms',
  megabytes: 'resident, MB',
};

export const drivers = {
  name: 'drivers',
  title: 'Drivers',
  seconds: 60,
  full: { rounds: 11, batches: 200 },
  short: { rounds: 1, batches: 5 },
  measure,
  describe,
  // The other Node is a package for this platform alone.
  linuxOnly: true,
};

async function runOnce(execPath, execArgv, batches) {
  return inTemporaryFolder(async (folder) => {
    const env = { ...process.env, DATABASE: join(folder, 'ferret.db'), BATCHES: String(batches) };
    const child = fork(PROCESS, { execPath, execArgv, env });
    const [figures] = await once(child, 'message');
    await once(child, 'close');
    return figures;
  });
}

async function measure({ rounds, batches }, say) {
  const node = installNode(MAJOR, CACHE);
  const samples = Object.fromEntries(Object.keys(DRIVERS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, execArgv] of Object.entries(DRIVERS)) samples[name].push(await runOnce(node, execArgv, batches));
  }
  const rows = Object.entries(samples).map(([name, runs]) => ({
    name,
    ...Object.fromEntries(Object.keys(FIGURES).map((key) => [key, quartiles(runs.map((run) => run[key]))])),
  }));
  for (const { name, mainMillis } of rows) say(`${name}: ${tenths(mainMillis.median)} ms of the main thread a batch`);
  return { rounds, batches, rows };
}

function describe({ rounds, batches, rows }) {
  return [
    `Node ${MAJOR}, with its own SQLite and without (\`--no-experimental-sqlite\`): ${rounds} processes of each, ` +
      `in turn, that store ${batches} batches of 512 spans, each flushed. Processor time; the spans themselves are ` +
      'in it.',
    '',
    table(
      ['driver', ...Object.values(FIGURES)],
      rows.map((row) => [row.name, ...Object.keys(FIGURES).map((key) => quartileCell(row[key], tenths))]),
    ),
  ].join('\n');
}
