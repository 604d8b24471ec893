import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { query } from '../database.js';
import { figure } from './figures.js';
import { expectSound } from './invariants.js';
import { EXPOSE_GC, expectFlat, memoryOf } from './memory.js';
import { LONG_MILLIS, scaled } from './scale.js';
import { startService } from './service.js';

const SECONDS = scaled(3_600);
const SAMPLES = 60;
/**
 * Samples in which memory fills first: compiled code, caches, and the dictionary of 10,000 texts, which takes two
 * minutes.
 */
const WARM_UP = SAMPLES / 2;

/** Requests of all sorts, one after the other; of every five, an upload is broken off. */
const SORTS: ((number: number) => { method: string; path: string; body?: string; isAborted?: boolean })[] = [
  (number) => ({ method: 'GET', path: `/nowhere/${number}?q=${number}` }),
  (number) => ({
    method: 'POST',
    path: '/annotate',
    body: JSON.stringify({ number, [`key ${number}`]: 'x'.repeat(3_000) }),
  }),
  (number) => ({ method: 'POST', path: '/throw', body: JSON.stringify({ message: `my bug ${number}` }) }),
  () => ({ method: 'POST', path: '/annotate', body: '{"not":' }),
  () => ({ method: 'POST', path: '/annotate', body: '{"a":', isAborted: true }),
];

function sendMixed(port: number, number: number, agent: Agent): Promise<void> {
  const { method, path, body, isAborted } = SORTS[number % SORTS.length]!(number);
  const headers: Record<string, string> = { 'Content-Type': 'application/json', 'User-Agent': `agent ${number}` };
  if (isAborted) headers['Content-Length'] = '1000';
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', method, path, agent, headers }, (response) => {
      response.resume().on('end', resolve).on('error', resolve);
    }).on('error', () => resolve());
    if (!isAborted) sent.end(body);
    else sent.write(body, () => void setTimeout(20).then(() => sent.destroy()));
  });
}

it(`29. ${SECONDS} s of mixed load: memory stays what it is`, { timeout: LONG_MILLIS }, async ({ task }) => {
  const service = await startService({ retention: { maxSizeMegabytes: 8 } }, { execArgv: EXPOSE_GC });
  const load = service.load(100);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const underWay = new Set<Promise<void>>();
  let mixed = 0;
  const timer = setInterval(() => {
    const answered = sendMixed(service.port, mixed++, agent).finally(() => underWay.delete(answered));
    underWay.add(answered);
  }, 10);

  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await setTimeout((SECONDS * 1_000) / SAMPLES);
    samples.push(await memoryOf(service.child));
  }
  clearInterval(timer);
  await Promise.all(underWay);
  agent.destroy();
  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  // The client of an upload that it breaks off may be done before the server has heard of it.
  await service.until({ pending: 0 });
  const ledger = await service.stats();
  expect(ledger.stored).toBe(ledger.started);
  expect(ledger.started).toBeGreaterThan(requests * 2 + mixed / 2);
  await service.close();
  await expectSound(service.database, { pruned: true });
  expectFlat(samples.slice(WARM_UP), 4);
  const outcomes = await query<{ outcome: string }>(
    service.database,
    'SELECT DISTINCT outcome FROM ferret_spans_v1 ORDER BY outcome',
  );
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['aborted', 'error', 'ok']);
  figure(
    task,
    `${SECONDS} s, ${ledger.stored} spans stored: ${megabytes(samples[WARM_UP])} MB in use half-way, ` +
      `${megabytes(samples.at(-1))} MB at the end, a slope of ${slope(samples.slice(WARM_UP))} KB a minute`,
  );
});

function megabytes(bytes = 0): string {
  return (bytes / 1024 / 1024).toFixed(2);
}

/** By least squares. */
function slope(samples: readonly number[]): string {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, bytes) => sum + bytes, 0) / samples.length;
  const covariance = samples.reduce((sum, bytes, index) => sum + (index - middle) * (bytes - mean), 0);
  const variance = samples.reduce((sum, _bytes, index) => sum + (index - middle) ** 2, 0);
  return (((covariance / variance) * SAMPLES * 60) / SECONDS / 1024).toFixed(0);
}
