// A process of the pipeline benchmark: a steady rate of work in ticks of a few milliseconds, and a timer that measures
// how late the event loop is. FILE makes each piece of work a span with three attributes; without it this is the
// control.
import { performance } from 'node:perf_hooks';
import { createFerret } from '@ferretjs/core';
import { percentile } from './percentile.mjs';

const rate = Number(process.env.RATE);
const seconds = Number(process.env.SECONDS);
/** The file may be larger than `retention` allows by default: the growth benchmark's is. */
const OPTIONS = {
  database: process.env.FILE,
  maxSpansPerSecond: Infinity,
  retention: { maxSizeMegabytes: Infinity },
};
const ferret = process.env.FILE ? createFerret(OPTIONS) : undefined;

/** The delay of each tick of a 1 ms timer, in milliseconds. */
const delays = [];
let expected = performance.now() + 1;
let longestQueue = 0;
const started = performance.now();
const before = performance.eventLoopUtilization();
let done = 0;

function tick() {
  const now = performance.now();
  delays.push(Math.max(0, now - expected));
  const due = Math.min(rate * seconds, Math.floor(((now - started) / 1000) * rate));
  for (; done < due; done++) {
    const span = ferret?.start('SELECT users');
    span?.annotate({ 'db.system': 'sqlite', 'db.rows': done % 50, 'user.plan': 'pro' });
    span?.end();
  }
  if (ferret) longestQueue = Math.max(longestQueue, ferret.stats().pending);
  if (done < rate * seconds) {
    expected = performance.now() + 1;
    setTimeout(tick, 1);
  } else {
    void finish();
  }
}

async function finish() {
  const busyPercent = performance.eventLoopUtilization(before).utilization * 100;
  const report = await ferret?.close();
  delays.sort((a, b) => a - b);
  process.send({
    p50Millis: percentile(delays, 0.5),
    p99Millis: percentile(delays, 0.99),
    p999Millis: percentile(delays, 0.999),
    maxMillis: delays.at(-1),
    busyPercent,
    longestQueue,
    ledger: report?.ledger,
  });
  process.disconnect();
}

setTimeout(tick, 1);
