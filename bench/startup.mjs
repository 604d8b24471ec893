// What importing costs, each time in a fresh process, in turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quartileCell, table, tenths } from './cells.mjs';
import { quartiles } from './quartiles.mjs';

const PROCESS = fileURLToPath(new URL('startup-process.mjs', import.meta.url));
const BASE = 'rxjs and sqlite3';
const IMPORTS = [
  BASE,
  '@ferretjs/core',
  '@ferretjs/express',
  'OpenTelemetry, tracer only',
  'OpenTelemetry, with HTTP and Express',
];

export const startup = {
  name: 'startup',
  title: 'Import',
  seconds: 25,
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
  return { rounds, rows };
}

function describe({ rounds, rows }) {
  return [
    `Milliseconds of \`import()\` in a fresh process, ${rounds} of each, in turn. Ferret's are told above what its two dependencies take ` +
      'by themselves.',
    '',
    table(
      ['', 'ms', `above ${BASE}, round by round`],
      rows.map(({ what, millis, added }) => [
        what,
        quartileCell(millis, tenths),
        what === BASE ? '' : quartileCell(added, tenths),
      ]),
    ),
  ].join('\n');
}
