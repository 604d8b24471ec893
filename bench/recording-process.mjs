// A process of the recording benchmark: KIND records spans, start, three attributes and end, in batches with a turn of
// the event loop after each, so that all of them flow to a store that keeps nothing. MODE: nanoseconds a span, or bytes
// allocated.
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { threadTime } from './thread-time.mjs';

const BATCH = 512;
const { KIND, MODE } = process.env;
const batches = Number(process.env.BATCHES);
const routes = Number(process.env.ROUTES ?? 1);
const names = Array.from({ length: routes }, (_, index) => (index === 0 ? 'SELECT users' : `SELECT users_${index}`));

const subject = await (KIND === 'ferret' ? ferret() : openTelemetry());
const modes = { outside: subject.outside, inside: subject.inside };
const results = {};
for (const [name, batch] of Object.entries(modes)) {
  // The warm-up is as long as the measure: what is optimised late is not measured half.
  await run(batch);
  results[name] = MODE === 'bytes' ? await bytesPerSpan(batch) : await nanosPerSpan(batch);
}
process.send({ ...results, ...(await subject.counts()) });
process.disconnect();

/** Time in the calls alone, in nanoseconds a span. */
async function run(batch) {
  let millis = 0;
  for (let done = 0; done < batches; done++) {
    const started = performance.now();
    batch();
    millis += performance.now() - started;
    await turn();
  }
  return (millis * 1e6) / (batches * BATCH);
}

async function nanosPerSpan(batch) {
  const before = process.platform === 'linux' ? threadTime() : undefined;
  const calls = await run(batch);
  await subject.settle();
  // With the way of the batches to the store, which is not in the calls, and V8's helpers.
  const all = before && (threadTime().all - before.all) / (batches * BATCH);
  return { calls, all };
}

/**
 * The growth of a heap in which nothing is collected meanwhile (--min-semi-space-size): all that was allocated is still
 * there.
 */
async function bytesPerSpan(batch) {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  globalThis.gc();
  await turn();
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  for (let done = 0; done < batches; done++) {
    batch();
    await turn();
  }
  const { heapUsed } = process.memoryUsage();
  await turn();
  observer.disconnect();
  return { bytes: (heapUsed - before) / (batches * BATCH), collections };
}

async function ferret() {
  const { createFerret } = await import('@ferretjs/core');
  let stored = 0;
  const sink = {
    async write({ spans }) {
      stored += spans.length;
    },
    async close() {},
  };
  const instance = createFerret({ sink, maxSpansPerSecond: Infinity, shutdownHooks: false });
  const outside = () => {
    for (let index = 0; index < BATCH; index++) {
      instance
        .start(names[index % routes])
        .annotate({ 'db.system.name': 'sqlite', 'db.rows': index % 50, 'user.plan': 'pro' })
        .end();
    }
  };
  return {
    outside,
    inside: () => instance.measure('GET /users/:id', outside),
    settle: () => instance.flush(),
    async counts() {
      const { ledger } = await instance.close();
      return { started: ledger.started, stored };
    },
  };
}

async function openTelemetry() {
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  let started = 0;
  let stored = 0;
  const exporter = {
    export(spans, done) {
      stored += spans.length;
      done({ code: 0 });
    },
    async shutdown() {},
  };
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  const tracer = provider.getTracer('bench');
  const outside = () => {
    for (let index = 0; index < BATCH; index++) {
      tracer
        .startSpan(names[index % routes])
        .setAttributes({ 'db.system.name': 'sqlite', 'db.rows': index % 50, 'user.plan': 'pro' })
        .end();
    }
    started += BATCH;
  };
  return {
    outside,
    inside: () =>
      tracer.startActiveSpan('GET /users/:id', (span) => {
        outside();
        span.end();
        started++;
      }),
    settle: () => provider.forceFlush(),
    async counts() {
      await provider.shutdown();
      return { started, stored };
    },
  };
}
