// A large file to read from: requests of five spans each, as an Express app with a database makes them.
import { fileURLToPath } from 'node:url';
import { createFerret } from '@ferretjs/core';
import { encodeBuckets, Histogram } from '@ferretjs/core/reader';
import sqlite3 from 'sqlite3';

const ROUTES = 40;
const CHILDREN = ['session', 'SELECT users', 'SELECT orders', 'render'];
const REQUESTS_A_FLUSH = 6_000;

/** Writes `spans` spans to a file that is not there yet, and returns the ids of some of its traces, first to last. */
export async function writeLargeFile(file, spans, say = () => undefined) {
  const ferret = createFerret({
    database: file,
    service: 'bench',
    maxSpansPerSecond: Number.POSITIVE_INFINITY,
    retention: { maxSizeMegabytes: Number.POSITIVE_INFINITY },
  });
  const requests = Math.ceil(spans / (CHILDREN.length + 1));
  const traceIds = [];
  for (let request = 0; request < requests; request++) {
    const id = oneRequest(ferret, request);
    if (request % Math.ceil(requests / 20) === 0) traceIds.push(id);
    if (request % REQUESTS_A_FLUSH === REQUESTS_A_FLUSH - 1) {
      await ferret.flush();
      if (request % (REQUESTS_A_FLUSH * 50) === REQUESTS_A_FLUSH * 50 - 1) {
        say(`${ferret.stats().stored.toLocaleString('en')} spans written`);
      }
    }
  }
  const { ledger } = await ferret.close();
  if (ledger.stored !== requests * (CHILDREN.length + 1)) throw new Error(`stored ${ledger.stored} spans only`);
  return traceIds;
}

const MINUTES = 1_440;

/**
 * Counts as a day of these spans would leave them, a row a minute and name, in place of the few minutes it took to
 * write.
 */
export async function addRouteMinutes(file, spans) {
  const database = new sqlite3.Database(file);
  const run = (sql, parameters = []) =>
    new Promise((resolve, reject) => database.run(sql, parameters, (error) => (error ? reject(error) : resolve())));
  const all = (sql) =>
    new Promise((resolve, reject) => database.all(sql, (error, rows) => (error ? reject(error) : resolve(rows))));
  const names = await all('SELECT name, count(*) AS count, min(duration_ns) AS shortest FROM span GROUP BY name');
  const [{ started_at_us: startedMicros }] = await all('SELECT started_at_us FROM process');
  const minutes = Math.min(MINUTES, Math.ceil(spans / 1_000));
  await run('BEGIN');
  await run('DELETE FROM route_minute');
  const endedMicros = startedMicros + minutes * 60e6;
  await run('UPDATE process SET last_seen_us = ?, ended_at_us = ?', [endedMicros, endedMicros]);
  for (let minute = 0; minute < minutes; minute++) {
    for (const { name, count, shortest } of names) {
      const { histogram, perMinute } = histogramOf(shortest, Math.floor(count / minutes));
      const minuteMicros = (Math.floor(startedMicros / 60e6) + minute) * 60e6;
      await run('INSERT INTO route_minute VALUES (1, ?, ?, 0, ?, ?, ?, ?, ?)', [
        minuteMicros,
        name,
        perMinute + (minute < count % minutes ? 1 : 0),
        histogram.sumNanos,
        histogram.minNanos,
        histogram.maxNanos,
        encodeBuckets(histogram.buckets()),
      ]);
    }
  }
  await run('COMMIT');
  await new Promise((resolve) => database.close(resolve));
}

/** Durations with a long tail, over some powers of ten. */
function histogramOf(shortest, count) {
  const histogram = new Histogram();
  const perMinute = Math.max(count, 1);
  for (let index = 0; index < Math.min(perMinute, 2_000); index++) {
    histogram.record(
      Math.round(shortest * Math.exp(Math.abs(Math.random() + Math.random() + Math.random() - 1.5) * 4)),
    );
  }
  return { histogram, perMinute };
}

function oneRequest(ferret, request) {
  const route = `/route-${request % ROUTES}/:id`;
  const root = ferret.start(`GET ${route}`, {
    parent: null,
    kind: 'server',
    attributes: { 'http.request.method': 'GET', 'http.route': route, 'user.id': request % 5_000, 'user.plan': 'pro' },
  });
  for (const name of CHILDREN) {
    ferret.start(name, { parent: root, attributes: { 'db.system.name': 'sqlite', 'db.rows': request % 50 } }).end();
  }
  if (request % 500 === 0) root.recordError(new Error('out of luck'));
  root.end();
  return root.traceId;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file, spans] = process.argv;
  const say = (text) => console.log(text);
  say(JSON.stringify(await writeLargeFile(file, Number(spans), say)));
}
