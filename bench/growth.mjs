// The growth of each figure with the spans that are in the file already, and with the routes that the app has.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { quartileCell, whole } from './cells.mjs';
import { growFile } from './grow-file.mjs';
import { describeGrowth, growthPlots } from './growth-page.mjs';
import { compare, measureSet } from './overhead/measure.mjs';
import { startLoad } from './overhead/servers.mjs';
import { eventLoop } from './pipeline.mjs';
import { quartiles } from './quartiles.mjs';
import { record } from './recording.mjs';
import { inTemporaryFolder } from './temporary-folder.mjs';

export const growth = {
  name: 'growth',
  title: 'Growth',
  seconds: 360,
  linuxOnly: true,
  full: {
    sizes: [10_000, 1_000_000, 10_000_000],
    routes: [1, 10, 1_000],
    sets: 3,
    burst: { rounds: 12, millis: 200, warmUpMillis: 2_000 },
    loop: { rate: 10_000, seconds: 5, rounds: 2 },
    recorded: { rounds: 3, batches: 300 },
    written: 300_000,
  },
  short: {
    sizes: [10_000],
    routes: [1, 10],
    sets: 1,
    burst: { rounds: 1, millis: 50, warmUpMillis: 0 },
    loop: { rate: 1_000, seconds: 1, rounds: 1 },
    recorded: { rounds: 1, batches: 10 },
    written: 10_000,
  },
  measure,
  describe: describeGrowth,
  plots: growthPlots,
};

async function measure(plan, say) {
  const load = await startLoad();
  try {
    return { rate: plan.loop.rate, sizes: await bySize(plan, load, say), routes: await byRoutes(plan, load, say) };
  } finally {
    await load.stop();
  }
}

async function bySize({ sizes, sets, burst, loop, written }, load, say) {
  return await inTemporaryFolder(async (folder) => {
    const growing = join(folder, 'growing.db');
    const rows = [];
    let stored = 0;
    for (const spans of sizes) {
      const { bytes } = await write(growing, spans - stored);
      stored = spans;
      const row = await atSize(growing, bytes, { sets, burst, loop, written, load });
      rows.push({ spans, bytesPerSpan: bytes / spans, ...row });
      say(`${whole(spans)} spans in the file: ${whole(row.writer.spansPerSecond)} more a second`);
    }
    return rows;
  });
}

/**
 * The measured process writes as well, so it gets a copy in a folder of its own: a write-ahead log that is left belongs
 * to no other file.
 */
async function atSize(growing, bytes, { sets, burst, loop, written, load }) {
  return await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'measured.db');
    copyFileSync(growing, file);
    const writer = await write(file, written);
    if (writer.bytes < bytes) throw new Error(`${file} is not the ${bytes} bytes that were to be measured`);
    return {
      writer,
      loop: await eventLoop({ ...loop, file, say: () => {} }),
      overhead: await overhead({ file, routes: 1, sets, burst, load }),
    };
  });
}

async function byRoutes({ routes: counts, sets, burst, recorded, written }, load, say) {
  const rows = [];
  for (const routes of counts) {
    const row = await inTemporaryFolder(async (folder) => ({
      routes,
      writer: await write(join(folder, 'written.db'), written, routes),
      overhead: await overhead({ file: join(folder, 'served.db'), routes, sets, burst, load }),
      recording: await recordingNanos(recorded, routes),
    }));
    rows.push({ ...row, bytesPerSpan: row.writer.bytes / row.writer.stored });
    say(`${whole(routes)} routes: Ferret adds ${quartileCell(row.overhead.addedMainMicros)} us on the main thread`);
  }
  return rows;
}

/** Writes so many spans more to the file. */
async function write(file, spans, routes = 1) {
  let last;
  // To its end: the writer has closed the file then.
  for await (const row of growFile({ file, sizes: [spans], routes })) last = row;
  return last;
}

/** Ferret's in the Express app, against bare. */
async function overhead({ file, sets, ...plan }) {
  const measured = [];
  for (let set = 0; set < sets; set++) {
    measured.push(await measureSet({ framework: 'express', variants: ['bare', 'ferret'], file: () => file, ...plan }));
  }
  return compare(measured).ferret;
}

async function recordingNanos({ rounds, batches }, routes) {
  const nanos = [];
  for (let round = 0; round < rounds; round++) {
    nanos.push((await record({ kind: 'ferret', mode: 'nanos', batches, routes })).outside.calls);
  }
  return quartiles(nanos);
}
