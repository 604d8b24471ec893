// How long the commands take that read a large file, as processes of their own, and how much memory: the best of some turns, as
// others may be busy on the machine. On its own: node bench/reader.mjs 10000000 [directory to keep the file in]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openReader } from '@ferretjs/core/reader';
import { addRouteMinutes, writeLargeFile } from './reader-file.mjs';

const BIN = fileURLToPath(new URL('../packages/cli/bin/ferret.js', import.meta.url));
const MEASURE = fileURLToPath(new URL('reader-process.mjs', import.meta.url));

/** Seconds and peak memory of each command on a file of so many spans. */
export async function reader({ spans, turns, say, keepIn }) {
  const directory = keepIn ?? mkdtempSync(join(tmpdir(), 'ferret-bench-'));
  const file = join(directory, `${spans}.db`);
  const list = `${file}.json`;
  try {
    if (!existsSync(file)) {
      writeFileSync(list, JSON.stringify(await writeLargeFile(file, spans, say)));
      await addRouteMinutes(file, spans);
    }
    const traceIds = JSON.parse(readFileSync(list, 'utf8'));
    const traceId = traceIds.at(-1);
    const rows = [
      ['ferret analyze', ['analyze', file]],
      ['ferret analyze --exact', ['analyze', file, '--exact']],
      ['ferret analyze --by attribute:user.plan', ['analyze', file, '--by', 'attribute:user.plan']],
      ['ferret analyze --tree', ['analyze', file, '--tree']],
      ['ferret trace <id>', ['trace', traceId, file]],
      ['ferret trace <first 12 digits>', ['trace', traceId.slice(0, 12), file]],
    ].map(([name, parameters]) => {
      const row = { name, ...best(parameters, turns) };
      say(`${name}: ${row.seconds.toFixed(2)} s, ${row.megabytes.toFixed(0)} MB`);
      return row;
    });
    const traceMillis = await timeTraces(file, traceIds, turns);
    say(`a trace by its id, within the process: ${traceMillis.toFixed(1)} ms`);
    return { spans, rows, traceMillis, megabytes: statSync(file).size / 2 ** 20 };
  } finally {
    if (keepIn === undefined) rmSync(directory, { recursive: true });
  }
}

function best(parameters, turns) {
  let [seconds, megabytes] = [Number.POSITIVE_INFINITY, 0];
  for (let turn = 0; turn < turns; turn++) {
    const started = performance.now();
    const { status, stderr, output } = spawnSync(process.execPath, ['--import', MEASURE, BIN, ...parameters], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , spans = '1000000', keepIn] = process.argv;
  await reader({ spans: Number(spans), turns: 5, say: (text) => console.log(text), keepIn });
}
