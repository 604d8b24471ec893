// Worker threads that record as fast as they can into one file, and end by END while they write: `terminate`, `exit`
// (3), `throw`, or because the main thread exits (`main`, 5). Tells its parent how each of them ended.

import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createFerret } from '@ferretjs/core';

const WORKERS = 20;
/** The number of threads that record at a time. */
const AT_ONCE = 4;

async function endOne(how) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { how } });
  let failure;
  worker.on('error', (error) => (failure = error.message));
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  await new Promise((resolve) => worker.once('message', resolve)); // It has stored or spilled something, and is at it.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
  if (how === 'main') process.exit(5);
  if (how === 'terminate') await worker.terminate();
  else worker.postMessage('end');
  const code = await exit;
  return failure ?? code;
}

async function endAll(how) {
  const ends = [];
  for (let left = WORKERS; left > 0; left -= AT_ONCE) {
    ends.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => endOne(how)))));
  }
  process.send(ends, () => process.disconnect());
}

function record(how) {
  const ferret = createFerret({ ...JSON.parse(process.env.OPTIONS), flushIntervalMillis: 5, batchSize: 50 });
  let isUnderWay = false;
  setInterval(() => {
    for (let i = 0; i < 10; i++) ferret.start('work').end();
    const { stored, spilled } = ferret.stats();
    if (isUnderWay || stored + spilled < 200) return;
    isUnderWay = true;
    parentPort.postMessage('under way');
  }, 1);
  parentPort.on('message', () => {
    if (how === 'exit') process.exit(3);
    throw new Error('of the application');
  });
}

if (isMainThread) await endAll(process.env.END);
else record(workerData.how);
