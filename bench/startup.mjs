// Measures imports and starts of the command, each time in a fresh process, in turn.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFerret } from '@ferretjs/core';
import { quartileCell, table, tenths } from './cells.mjs';
import { quartiles } from './quartiles.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

const PROCESS = fileURLToPath(new URL('startup-process.mjs', import.meta.url));
const BIN = fileURLToPath(new URL('../packages/cli/bin/ferret.js', import.meta.url));
const BASE = 'rxjs and sqlite3';
const IMPORTS = [
  BASE,
  '@ferretjs/core',
  '@ferretjs/express',
  'OpenTelemetry, tracer only',
  'OpenTelemetry, with HTTP and Express',
];

const NOTHING = 'node -e 0';
/** Commands that are started as a user starts them, by their arguments to Node. */
const COMMANDS = {
  [NOTHING]: ['-e', '0'],
  'ferret --version': [BIN, '--version'],
  'ferret analyze, 1,000 spans': [BIN, 'analyze'],
};
const SPANS = 1_000;

export const startup = {
  name: 'startup',
  title: 'Import and start',
  seconds: 40,
  full: { rounds: 31 },
  short: { rounds: 1 },
  measure,
  describe,
};

async function millisToImport(what) {
  const child = fork(PROCESS, { env: { ...process.env, WHAT: what } });
  const [{ millis }] = await once(child, 'message');
  await once(child, 'close');
  return millis;
}

async function measure({ rounds }, say) {
  const samples = Object.fromEntries(IMPORTS.map((what) => [what, []]));
  // The first round reads from the disk, the others from the page cache.
  for (const what of IMPORTS) await millisToImport(what);
  for (let round = 0; round < rounds; round++) {
    for (const what of IMPORTS) samples[what].push(await millisToImport(what));
  }
  const rows = IMPORTS.map((what) => ({
    what,
    millis: quartiles(samples[what]),
    added: quartiles(samples[what].map((millis, round) => millis - samples[BASE][round])),
  }));
  for (const { what, millis } of rows) say(`${what}: ${tenths(millis.median)} ms`);
  const commands = await measureCommands(rounds, say);
  return { rounds, rows, commands };
}

async function measureCommands(rounds, say) {
  return inTemporaryFolder(async (cwd) => {
    await writeSmallFile(join(cwd, 'ferret.db'));
    const samples = Object.fromEntries(Object.keys(COMMANDS).map((what) => [what, []]));
    // The first round reads from the disk, the others from the page cache.
    for (const parameters of Object.values(COMMANDS)) millisToRun(parameters, cwd);
    for (let round = 0; round < rounds; round++) {
      for (const [what, parameters] of Object.entries(COMMANDS)) samples[what].push(millisToRun(parameters, cwd));
    }
    return Object.keys(COMMANDS).map((what) => {
      const millis = quartiles(samples[what]);
      const added = quartiles(samples[what].map((each, round) => each - samples[NOTHING][round]));
      say(`${what}: ${tenths(millis.median)} ms, ${tenths(added.median)} ms above ${NOTHING}`);
      return { what, millis, added };
    });
  });
}

async function writeSmallFile(database) {
  const ferret = createFerret({ database, service: 'bench', maxSpansPerSecond: Number.POSITIVE_INFINITY });
  for (let span = 0; span < SPANS; span++) ferret.start(`GET /things/${span % 20}`).end();
  await ferret.close();
}

/** From the start of the process to its end, on its output a pipe. */
function millisToRun(parameters, cwd) {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, parameters, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${parameters.join(' ')} failed: ${stderr}`);
  return performance.now() - started;
}

function describe({ rounds, rows, commands = [] }) {
  return [
    `Milliseconds of \`import()\` in a fresh process, ${rounds} of each, in turn. Ferret's are told above those of ` +
      'its two dependencies by themselves.',
    '',
    table(
      ['', 'ms', `above ${BASE}, round by round`],
      rows.map(({ what, millis, added }) => [
        what,
        quartileCell(millis, tenths),
        what === BASE ? '' : quartileCell(added, tenths),
      ]),
    ),
    ...describeCommands(rounds, commands),
  ].join('\n');
}

function describeCommands(rounds, commands) {
  if (commands.length === 0) return [];
  return [
    '',
    `Milliseconds from the start of a process to its end, ${rounds} of each, in turn.`,
    '',
    table(
      ['', 'ms', `above ${NOTHING}, round by round`],
      commands.map(({ what, millis, added }) => [
        what,
        quartileCell(millis, tenths),
        what === NOTHING ? '' : quartileCell(added, tenths),
      ]),
    ),
  ];
}
