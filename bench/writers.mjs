// What several processes that write to one file get done together, against one alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { quartiles } from './quartiles.mjs';

const WRITER = fileURLToPath(new URL('writers-process.mjs', import.meta.url));

/** Spans a second that `count` processes have stored together, by their ledgers. */
async function together(count, seconds) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-bench-'));
  try {
    const env = { ...process.env, FILE: join(directory, 'ferret.db') };
    const writers = Array.from({ length: count }, () => fork(WRITER, { env }));
    await Promise.all(writers.map((writer) => once(writer, 'message')));
    for (const writer of writers) writer.send('start');
    await pause(seconds * 1000);
    const results = writers.map(async (writer) => {
      const result = once(writer, 'message');
      writer.send('stop');
      return (await result)[0];
    });
    const ends = await Promise.all(results);
    for (const { ledger } of ends) {
      if (ledger.started !== ledger.stored) throw new Error(`a writer lost spans: ${JSON.stringify(ledger)}`);
    }
    return ends.reduce((sum, { stored }) => sum + stored, 0) / seconds;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export async function writers({ count, seconds, rounds, say }) {
  const alone = [];
  const all = [];
  for (let round = 0; round < rounds; round++) {
    alone.push(await together(1, seconds));
    all.push(await together(count, seconds));
    say(`round ${round + 1} of ${rounds}: ${Math.round(alone.at(-1))} alone, ${Math.round(all.at(-1))} together`);
  }
  return {
    alone: quartiles(alone),
    all: quartiles(all),
    share: quartiles(all.map((rate, round) => rate / alone[round])),
  };
}
