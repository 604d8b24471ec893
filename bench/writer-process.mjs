// Records spans as fast as the file takes them: so many that some always wait, but never so many that any is dropped.
// Grows FILE to each of SIZES spans, and reports after each: spans a second, processor time by thread, bytes.
import { setTimeout as pause } from 'node:timers/promises';
import { createFerret } from '@ferretjs/core';
import { openReader } from '@ferretjs/core/reader';
import sqlite3 from 'sqlite3';
import { threadTime } from './thread-time.mjs';

const BATCH = 512;
const WAITING = BATCH * 16;
const { FILE } = process.env;
const sizes = process.env.SIZES.split(',').map(Number);
const routes = Number(process.env.ROUTES ?? 1);
const names = Array.from({ length: routes }, (_, index) => (index === 0 ? 'SELECT users' : `SELECT users_${index}`));

// No limit to the file: what is measured is how it grows.
const ferret = createFerret({ database: FILE, maxSpansPerSecond: Infinity, retention: { maxSizeMegabytes: Infinity } });
let done = 0;
let last;
for (const size of sizes) process.send(await growTo(size));
await ferret.close({ timeoutMillis: 60_000 });
process.disconnect();

async function growTo(size) {
  const from = done;
  const before = process.platform === 'linux' ? threadTime() : { main: Number.NaN, all: Number.NaN };
  const started = performance.now();
  while (done < size) {
    while (done < size && ferret.stats().pending < WAITING) recordBatch(size);
    // Not setImmediate: the main thread would be busy with waiting, and that would look like the writer's work.
    await pause(1);
  }
  await ferret.flush();
  const seconds = (performance.now() - started) / 1000;
  const after = process.platform === 'linux' ? threadTime() : before;
  const spans = done - from;
  const { stored, dropped } = ferret.stats();
  return {
    stored,
    lost: Object.values(dropped).reduce((sum, count) => sum + count, 0),
    spansPerSecond: spans / seconds,
    mainNanos: (after.main - before.main) / spans,
    poolNanos: (after.all - after.main - before.all + before.main) / spans,
    bytes: await sizeOfFile(),
    traceMillis: await millisToFind(last.traceId),
  };
}

/** Each span a trace of its own, with three attributes. */
function recordBatch(size) {
  for (let index = 0; index < BATCH && done < size; index++, done++) {
    last = ferret.start(names[index % routes], {
      parent: null,
      attributes: { 'db.system.name': 'sqlite', 'db.rows': index % 50, 'user.plan': 'pro' },
    });
    last.end();
  }
}

/** As it is with what is still in the write-ahead log. */
async function sizeOfFile() {
  const database = new sqlite3.Database(FILE, sqlite3.OPEN_READONLY);
  const { bytes } = await new Promise((resolve, reject) => {
    database.get('SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()', (error, row) =>
      error ? reject(error) : resolve(row),
    );
  });
  await new Promise((resolve) => database.close(resolve));
  return bytes;
}

async function millisToFind(traceId) {
  const reader = await openReader(FILE);
  await reader.trace(traceId);
  const asked = performance.now();
  const { length } = await reader.trace(traceId);
  const millis = performance.now() - asked;
  await reader.close();
  if (length !== 1) throw new Error('the trace was not found');
  return millis;
}
