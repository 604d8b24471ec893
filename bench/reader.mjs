// Time and memory of the commands that read a large file, as processes of their own: the best of some turns, as others
// may be busy on the machine.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openReader } from '@ferretjs/core/reader';
import { hundredths, table, tenths, whole } from './cells.mjs';
import { addRouteMinutes, writeLargeFile } from './reader-file.mjs';

export const reader = {
  name: 'reader',
  title: 'Reader',
  seconds: 430,
  full: { sizes: [1_000_000, 10_000_000], turns: 3 },
  short: { sizes: [20_000], turns: 1 },
  measure,
  describe,
};

const BIN = fileURLToPath(new URL('../packages/cli/bin/ferret.js', import.meta.url));
const MEASURE = fileURLToPath(new URL('reader-process.mjs', import.meta.url));

async function measure({ sizes, turns }, say) {
  const files = [];
  for (const spans of sizes) files.push(await readFileOf(spans, turns, say));
  return { turns, files };
}

/** Seconds and peak memory of each command on a file of so many spans. */
async function readFileOf(spans, turns, say) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-bench-'));
  const file = join(directory, `${spans}.db`);
  try {
    const traceIds = await writeLargeFile(file, spans, say);
    const middle = await middleOf(file);
    await addRouteMinutes(file, spans);
    const rows = commandsOf(file, traceIds.at(-1), middle).map(({ name, parameters, isLong }) => {
      const row = { name, ...best(parameters, isLong ? 1 : turns) };
      say(`${name}: ${row.seconds.toFixed(2)} s, ${row.megabytes.toFixed(0)} MB`);
      return row;
    });
    const traceMillis = await timeTraces(file, traceIds, turns);
    say(`a trace by its id, within the process: ${traceMillis.toFixed(1)} ms`);
    return { spans, rows, traceMillis, megabytes: statSync(file).size / 2 ** 20 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** An export takes as long again for each million; its memory does not grow. */
const EXPORTED_SPANS = 1_000_000;
const SPANS_A_TRACE = 5;

/** The commands, by the names they go by; a long one is not run more than once. */
function commandsOf(file, traceId, middle) {
  const previous = `${file}-previous`;
  symlinkSync(file, previous);
  const exportOf = (format, limit) => ({
    name: `ferret export --format ${format} --limit ${limit}`,
    parameters: ['export', file, '--format', format, '--limit', limit],
    isLong: true,
  });
  return [
    { name: 'ferret analyze', parameters: ['analyze', file] },
    { name: 'ferret analyze --exact', parameters: ['analyze', file, '--exact'] },
    { name: 'ferret analyze --by attribute:user.plan', parameters: ['analyze', file, '--by', 'attribute:user.plan'] },
    { name: 'ferret analyze --tree', parameters: ['analyze', file, '--tree'] },
    { name: 'ferret trace <id>', parameters: ['trace', traceId, file] },
    { name: 'ferret trace <first 12 digits>', parameters: ['trace', traceId.slice(0, 12), file] },
    {
      name: 'ferret diff <run> <run>, counted',
      parameters: ['diff', 'latest', 'latest', file, '--before-file', previous],
    },
    {
      name: 'ferret diff <time> <time>, from the spans',
      parameters: ['diff', `..${middle}`, `${middle}..`, file],
      isLong: true,
    },
    { name: 'ferret doctor', parameters: ['doctor', file], isLong: true },
    exportOf('csv', EXPORTED_SPANS),
    exportOf('otlp', EXPORTED_SPANS),
    exportOf('chrome', EXPORTED_SPANS / SPANS_A_TRACE),
  ];
}

/** The time in the middle of the run, to the millisecond: before there are counts of a day. */
async function middleOf(file) {
  const reading = await openReader(file);
  const { startedAtMicros, endedAtMicros } = await reading.run();
  await reading.close();
  return new Date((startedAtMicros + endedAtMicros) / 2_000).toISOString();
}

function best(parameters, turns) {
  let [seconds, megabytes] = [Number.POSITIVE_INFINITY, 0];
  for (let turn = 0; turn < turns; turn++) {
    const started = performance.now();
    const { status, stderr, output } = spawnSync(process.execPath, ['--import', MEASURE, BIN, ...parameters], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    seconds = Math.min(seconds, (performance.now() - started) / 1000);
    if (status !== 0) throw new Error(stderr);
    megabytes = Math.max(megabytes, Number(output[3]) / 1024);
  }
  return { seconds, megabytes };
}

/** The longest that one of the traces takes at its best. */
async function timeTraces(file, traceIds, turns) {
  const reading = await openReader(file);
  let longest = 0;
  for (const traceId of traceIds) {
    let millis = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < turns; turn++) {
      const started = performance.now();
      const { length } = await reading.trace(traceId);
      millis = Math.min(millis, performance.now() - started);
      if (length !== 5) throw new Error('the trace was not found');
    }
    longest = Math.max(longest, millis);
  }
  await reading.close();
  return longest;
}

function describe({ turns, files }) {
  const sections = files.map(({ spans, rows, traceMillis, megabytes }) => [
    `${whole(spans)} spans, ${whole(megabytes)} MB:`,
    '',
    table(
      ['', 'seconds', 'peak memory, MB'],
      rows.map(({ name, seconds, megabytes: peak }) => [`\`${name}\``, hundredths(seconds), whole(peak)]),
    ),
    '',
    `A trace by its id, within a process that has the file open: ${tenths(traceMillis)} ms, the slowest of twenty.`,
    '',
  ]);
  return [
    `Commands as processes of their own, from start to end; the best of ${turns}, of exports, \`doctor\` and spans ` +
      'compared the only one.',
    '',
    ...sections.flat(),
  ]
    .join('\n')
    .trimEnd();
}
