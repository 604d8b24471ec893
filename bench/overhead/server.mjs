// One server under test, in a process of its own: FRAMEWORK, with what VARIANT says in it. OpenTelemetry is in the process before
// this file is (node --import ./opentelemetry.mjs). At every message, what was recorded is written, and the answer says what that was.
import { memoryUsage } from 'node:process';
import { loadNest } from './load-nest.mjs';

const { FRAMEWORK, VARIANT, FILE } = process.env;
const routes = Number(process.env.ROUTES ?? 1);

/** Ferret as its documentation says, on every request, with all of them kept; the file may grow as large as the measure needs. */
const FERRET_OPTIONS = { database: FILE, maxSpansPerSecond: Infinity, retention: { maxSizeMegabytes: Infinity } };

/** What is measured, as the framework takes it, and how to have all that it recorded written. */
const subject = await createSubject();
const { listen } = await import(`./${FRAMEWORK.replace(/-.*/, '')}-app.mjs`);
const server = await listen({ routes, ...subject.mounted });
process.send({ port: server.address().port });

process.on('message', async () => {
  await subject.settle();
  process.send({ residentBytes: memoryUsage.rss(), ...subject.counts() });
});
process.once('disconnect', () => process.exit());

async function createSubject() {
  if (VARIANT === 'ferret') return ferret();
  if (VARIANT === 'swagger-stats') {
    const { default: swaggerStats } = await import('swagger-stats');
    return { ...nothing(), mounted: { middleware: swaggerStats.getMiddleware({}) } };
  }
  return globalThis[Symbol.for('bench.opentelemetry')] ?? nothing();
}

async function ferret() {
  const { createFerret } = await (FRAMEWORK === 'nest-11' ? loadNest('@ferretjs/core') : import('@ferretjs/core'));
  const instance = createFerret(FERRET_OPTIONS);
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

function nothing() {
  return { settle: async () => {}, counts: () => ({}) };
}
