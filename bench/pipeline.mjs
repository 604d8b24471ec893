// The effect of recording on the event loop: the same loop with and without Ferret, turn and turn about, each in a
// process of its own, and whether all spans arrive.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recoverFile } from '@ferretjs/core/maintenance';
import { hundredths, quartileCell, table, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

const PROCESS = fileURLToPath(new URL('pipeline-process.mjs', import.meta.url));
const MEASURES = {
  p50Millis: 'delay p50, ms',
  p99Millis: 'delay p99, ms',
  p999Millis: 'delay p99.9, ms',
  maxMillis: 'delay max, ms',
  busyPercent: 'main thread busy, %',
};

export const pipeline = {
  name: 'pipeline',
  title: 'Pipeline and event loop',
  seconds: 660,
  // More rounds of what the goals are about.
  full: {
    loads: [
      { rate: 1_000, rounds: 3 },
      { rate: 10_000, rounds: 5 },
      { rate: 50_000, rounds: 3 },
      { rate: 100_000, rounds: 5 },
    ],
    seconds: 20,
  },
  short: {
    loads: [
      { rate: 1_000, rounds: 1 },
      { rate: 10_000, rounds: 1 },
    ],
    seconds: 1,
  },
  measure,
  describe,
  plots,
};

/** Runs a process: `rate` spans a second for `seconds`, with Ferret (a file) or without (a control). */
async function run(rate, seconds, file) {
  const child = fork(PROCESS, { env: { ...process.env, RATE: rate, SECONDS: seconds, FILE: file ?? '' } });
  const [result] = await once(child, 'message');
  await once(child, 'close');
  return result;
}

/** Delays of the event loop at one rate. Without a `file`, each round has a new one. */
export async function eventLoop({ rate, seconds, rounds, file, say }) {
  return await inTemporaryFolder(async (folder) => {
    const control = [];
    const ferret = [];
    for (let round = 0; round < rounds; round++) {
      control.push(await run(rate, seconds));
      const own = join(folder, `${round}.db`);
      const result = await run(rate, seconds, file ?? own);
      await takeIn(file ?? own);
      ferret.push({ ...result, bytes: statSync(file ?? own).size });
      say(
        `${whole(rate)} spans a second, round ${round + 1} of ${rounds}: p99 ${hundredths(result.p99Millis)} ms, ` +
          `control ${hundredths(control.at(-1).p99Millis)} ms`,
      );
    }
    return summary(rate, control, ferret);
  });
}

/**
 * Takes in the spans that were not in the file before the deadline of `close()`. It throws if some are still missing.
 */
async function takeIn(file) {
  const { damaged, left } = await recoverFile(file);
  if (damaged > 0 || left.length > 0) throw new Error(`the spill file beside ${file} could not be taken in`);
}

function summary(rate, control, ferret) {
  const measures = Object.fromEntries(
    Object.keys(MEASURES).map((key) => [
      key,
      {
        control: quartiles(control.map((result) => result[key])),
        ferret: quartiles(ferret.map((result) => result[key])),
        added: quartiles(ferret.map((result, round) => result[key] - control[round][key])),
      },
    ]),
  );
  const sum = (key) => ferret.reduce((total, { ledger }) => total + key(ledger), 0);
  const started = sum((ledger) => ledger.started);
  const lost = sum(({ dropped }) => Object.values(dropped).reduce((total, count) => total + count, 0));
  const takenIn = sum((ledger) => ledger.spilled);
  const stored = sum((ledger) => ledger.stored) + takenIn;
  if (started !== stored + lost) throw new Error('the ledger does not add up');
  return {
    rate,
    rounds: ferret.length,
    measures,
    started,
    stored,
    takenIn,
    lost,
    bytesPerSpan: ferret.reduce((total, { bytes }) => total + bytes, 0) / stored,
    longestQueue: Math.max(...ferret.map((result) => result.longestQueue)),
  };
}

async function measure({ loads, seconds }, say) {
  const results = [];
  for (const load of loads) results.push(await eventLoop({ ...load, seconds, say }));
  return { seconds, rates: results };
}

function describe({ seconds, rates }) {
  const lines = [
    'How late a timer of 1 ms is, in a loop that does its work in ticks, with each piece of work a span of three ' +
      `attributes or not, for ${seconds} s.`,
  ];
  for (const { rate, rounds, measures, started, stored, takenIn, lost, bytesPerSpan, longestQueue } of rates) {
    lines.push(
      '',
      `### ${whole(rate)} spans a second, ${rounds} rounds`,
      '',
      table(
        ['', 'without Ferret', 'with Ferret', 'added, round by round'],
        Object.entries(measures).map(([key, { control, ferret, added }]) => [
          MEASURES[key],
          quartileCell(control),
          quartileCell(ferret),
          quartileCell(added),
        ]),
      ),
      '',
      `${whole(started)} spans started, ${whole(stored)} ` +
        `stored${takenIn ? ` (${whole(takenIn)} after the end, by \`ferret recover\`)` : ''}, ${whole(lost)} lost; ` +
        `at most ${whole(longestQueue)} waiting; ${whole(bytesPerSpan)} bytes a span in the file.`,
    );
  }
  return lines.join('\n');
}

function plots({ rates }) {
  const points = (key, side) => rates.map(({ rate, measures }) => [rate, measures[key][side].median]);
  return [
    {
      file: 'pipeline-delay.svg',
      title: 'Event-loop delay by rate',
      x: 'spans a second',
      y: 'ms',
      series: [
        { name: 'p99 with Ferret', points: points('p99Millis', 'ferret') },
        { name: 'p99 without', points: points('p99Millis', 'control') },
        { name: 'p99.9 with Ferret', points: points('p999Millis', 'ferret') },
        { name: 'p99.9 without', points: points('p999Millis', 'control') },
      ],
    },
    {
      file: 'pipeline-busy.svg',
      title: 'Main thread busy by rate',
      x: 'spans a second',
      y: '%',
      series: [
        { name: 'with Ferret', points: points('busyPercent', 'ferret') },
        { name: 'without', points: points('busyPercent', 'control') },
      ],
    },
  ];
}
