// Records spans with the numbers 0, 1, 2 ... as fast as it can. The file NOTES says how far it is, also after a hard
// crash: how many have been started at most, and how many are known to be stored, two doubles.

import { openSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { createFerret } from '@ferretjs/core';

const BURST = 50;

const notes = openSync(process.env.NOTES, 'w');
const note = (place, number) => writeSync(notes, Buffer.from(Float64Array.of(number).buffer), 0, 8, place * 8);
note(0, 0);
note(1, 0);

const ferret = createFerret(JSON.parse(process.env.OPTIONS));
let number = 0;

async function flush() {
  const upTo = number;
  await ferret.flush();
  note(1, upTo);
  if (upTo > 0 && upTo === number) await setImmediate();
  void flush();
}
void flush();

process.send('ready');
let hasSpilled = false;
for (;;) {
  const { pending, spilled } = ferret.stats();
  if (spilled > 0 && !hasSpilled) {
    hasSpilled = true;
    process.send('spills');
  }
  if (pending < 700 && spilled < 10_000) {
    note(0, number + BURST);
    for (let left = BURST; left > 0; left--) ferret.start('work', { attributes: { number: number++ } }).end();
  }
  await setImmediate();
}
