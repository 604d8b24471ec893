// What recording does to the event loop: the same loop with and without Ferret, turn and turn about, each in a process
// of its own. Prints medians over the rounds with their quartiles.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quartiles } from './quartiles.mjs';

const LOOP = fileURLToPath(new URL('event-loop-process.mjs', import.meta.url));

/** One process: `spansPerSecond` for `seconds`, with Ferret (a file) or without (a control). */
async function run(spansPerSecond, seconds, file) {
  const child = fork(LOOP, { env: { ...process.env, RATE: spansPerSecond, SECONDS: seconds, FILE: file ?? '' } });
  const [result] = await once(child, 'message');
  await once(child, 'close');
  return result;
}

export async function eventLoop({ spansPerSecond, seconds, rounds, say }) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-bench-'));
  const results = { control: [], ferret: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      results.control.push(await run(spansPerSecond, seconds));
      const file = join(directory, `${round}.db`);
      const ferret = await run(spansPerSecond, seconds, file);
      results.ferret.push({ ...ferret, bytesPerSpan: statSync(file).size / ferret.ledger.stored });
      say(
        `round ${round + 1} of ${rounds}: p99 ${ferret.p99Millis.toFixed(2)} ms, control ${results.control.at(-1).p99Millis.toFixed(2)} ms`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  const rows = [];
  for (const measure of ['p50Millis', 'p99Millis', 'p999Millis', 'maxMillis', 'busyPercent']) {
    const added = results.ferret.map((result, round) => result[measure] - results.control[round][measure]);
    rows.push({
      measure,
      control: quartiles(results.control.map((result) => result[measure])),
      ferret: quartiles(results.ferret.map((result) => result[measure])),
      added: quartiles(added),
    });
  }
  const sum = (key) => results.ferret.reduce((total, { ledger }) => total + key(ledger), 0);
  return {
    rows,
    started: sum((ledger) => ledger.started),
    stored: sum((ledger) => ledger.stored),
    dropped: sum(({ dropped }) => dropped.queueFull + dropped.writeFailed + dropped.closed + dropped.tooLarge),
    bytesPerSpan: quartiles(results.ferret.map((result) => result.bytesPerSpan)),
    longestQueue: Math.max(...results.ferret.map((result) => result.longestQueue)),
  };
}
