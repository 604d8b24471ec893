// Stores batches one after the other in the file DATABASE, and reports the time. The Node's arguments decide which
// driver runs.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createFerret } from '@ferretjs/core';

const BATCH = 512;
const batches = Number(process.env.BATCHES);
const options = { maxSpansPerSecond: Infinity, batchSize: BATCH, flushIntervalMillis: 60_000 };
const ferret = createFerret({ database: process.env.DATABASE, ...options });

const started = performance.now();
ferret.start('first').end();
await ferret.flush();
const firstMillis = performance.now() - started;

async function store(count) {
  for (let batch = 0; batch < count; batch++) {
    for (let i = 0; i < BATCH; i++) ferret.start('work', { attributes: { user: i, plan: 'pro' } }).end();
    await ferret.flush();
  }
}

await store(10); // Until V8 has compiled what runs often.
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const [main, all] = [process.threadCpuUsage(), process.cpuUsage()];
await store(batches);
const perBatch = ({ user, system }) => (user + system) / 1_000 / batches;
process.send({
  firstMillis,
  mainMillis: perBatch(process.threadCpuUsage(main)),
  allMillis: perBatch(process.cpuUsage(all)),
  delayMillis: delay.percentile(99) / 1e6,
  megabytes: process.memoryUsage.rss() / 2 ** 20,
});
await ferret.close();
process.disconnect();
