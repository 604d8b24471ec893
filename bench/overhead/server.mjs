// A server under test, in a process of its own: FRAMEWORK, with the variant VARIANT in it. OpenTelemetry is in the
// process before this file is (node --import ./opentelemetry.mjs). At every message the recorded spans are written, and
// the answer counts them.
import { memoryUsage } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { loadNest } from './load-nest.mjs';

const { FRAMEWORK, VARIANT, FILE } = process.env;
const routes = Number(process.env.ROUTES ?? 1);

/**
 * Ferret set up by its documentation, on every request, with all of them kept. The file may grow as large as the
 * measure needs.
 */
const FERRET_OPTIONS = { database: FILE, maxSpansPerSecond: Infinity, retention: { maxSizeMegabytes: Infinity } };

/** Takes everything, and keeps nothing. */
const NO_STORE = { write: async () => {}, close: async () => {} };

/** The variant under test: `mounted`, as the framework takes it, and `settle()`, which has all its records written. */
const subject = await createSubject();
await pause(Number(process.env.PAUSE));
const { listen } = await import(`./${FRAMEWORK.replace(/-.*/, '')}-app.mjs`);
const server = await listen({ routes, ...subject.mounted });
process.send({ port: server.address().port });

process.on('message', async () => {
  await subject.settle();
  process.send({ residentBytes: memoryUsage.rss(), ...subject.counts() });
});
process.once('disconnect', () => process.exit());

async function createSubject() {
  if (VARIANT === 'ferret') return ferret(FERRET_OPTIONS);
  if (VARIANT === 'ferret-unstored') return ferret({ ...FERRET_OPTIONS, sink: NO_STORE });
  if (VARIANT === 'swagger-stats') {
    const { default: swaggerStats } = await import('swagger-stats');
    return { ...nothing(), mounted: { middleware: swaggerStats.getMiddleware({}) } };
  }
  if (VARIANT === 'context') return { ...nothing(), mounted: await contextAlone() };
  return globalThis[Symbol.for('bench.opentelemetry')] ?? nothing();
}

async function ferret(options) {
  const { createFerret } = await (FRAMEWORK === 'nest-11' ? loadNest('@ferretjs/core') : import('@ferretjs/core'));
  const instance = createFerret(options);
  const counts = () => {
    const { started, stored } = instance.stats();
    return { started, exported: stored };
  };
  const settled = { settle: () => instance.flush(), counts };
  if (FRAMEWORK.startsWith('nest')) {
    const { FerretModule } = await loadNest('@ferretjs/nest');
    return { ...settled, mounted: { module: FerretModule.forRoot(instance) } };
  }
  const adapter = await import(`@ferretjs/${FRAMEWORK}`);
  return { ...settled, mounted: { middleware: adapter.ferret(instance) } };
}

/** Mounted as Ferret's adapters are. */
async function contextAlone() {
  const { AsyncLocalStorage } = await import('node:async_hooks');
  const storage = new AsyncLocalStorage();
  const onClose = () => {};
  const trace = (response, next) => {
    response.on('close', onClose);
    return storage.run({}, next);
  };
  if (FRAMEWORK === 'koa') return { middleware: (context, next) => trace(context.res, next) };
  return { middleware: (_request, response, next) => trace(response, next) };
}

function nothing() {
  return { settle: async () => {}, counts: () => ({}) };
}
