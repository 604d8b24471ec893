// The throughput of several processes that write to one file, against that of one alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { percent, quartileCell, table, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

const WRITER = fileURLToPath(new URL('writers-process.mjs', import.meta.url));

export const writers = {
  name: 'writers',
  title: 'Several writers',
  seconds: 40,
  full: { count: 8, seconds: 5, rounds: 3 },
  short: { count: 2, seconds: 1, rounds: 1 },
  measure,
  describe,
};

/** Spans a second that `count` processes have stored together, by their ledgers. */
async function together(count, seconds) {
  return await inTemporaryFolder(async (folder) => {
    const env = { ...process.env, FILE: join(folder, 'ferret.db') };
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
  });
}

async function measure({ count, seconds, rounds }, say) {
  const alone = [];
  const all = [];
  for (let round = 0; round < rounds; round++) {
    alone.push(await together(1, seconds));
    all.push(await together(count, seconds));
    say(
      `round ${round + 1} of ${rounds}: ${whole(alone.at(-1))} a second alone, ${whole(all.at(-1))} of ${count} ` +
        'together',
    );
  }
  return {
    count,
    alone: quartiles(alone),
    all: quartiles(all),
    share: quartiles(all.map((rate, round) => rate / alone[round])),
  };
}

function describe({ count, alone, all, share }) {
  return [
    'Processes that record into one file as fast as it takes them; spans a second that were stored, of all together.',
    '',
    table(
      ['one alone', `${count} together`, 'share, round by round'],
      [[quartileCell(alone, whole), quartileCell(all, whole), quartileCell(share, percent)]],
    ),
  ].join('\n');
}
