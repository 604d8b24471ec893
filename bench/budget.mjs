// The rate budget under load: the spans that are kept of a service at full speed, whether the counts are exact, and the
// cost of a request without Ferret, with everything kept, and with a budget.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@ferretjs/core/testing';
import { quartileCell, table, tenths, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';

export const budget = {
  name: 'budget',
  title: 'Budget',
  seconds: 85,
  full: { seconds: 20, rounds: 12, burstMillis: 1_000 },
  short: { seconds: 2, rounds: 1, burstMillis: 200 },
  measure,
  describe,
};

const SERVICE = fileURLToPath(new URL('budget-process.mjs', import.meta.url));
const BUDGET = 100;
const CONNECTIONS = 8;
const PIPELINED = 4;

const working = (index) => `GET /users/${index} HTTP/1.1\r\nHost: bench\r\n\r\n`;
const failing = () => 'GET /fail HTTP/1.1\r\nHost: bench\r\n\r\n';

async function serve(budget, file) {
  const environment = { ...process.env, NODE_ENV: 'production', FILE: file, BUDGET: budget ?? '' };
  const child = fork(SERVICE, { env: environment });
  const [{ port }] = await once(child, 'message');
  const ask = async (question) => {
    child.send(question);
    const [answer] = await once(child, 'message');
    return answer;
  };
  return { port, ask, ended: once(child, 'close') };
}

/** As many requests as are answered in that time; a few wait in each connection, so that the service is never idle. */
async function load(port, millis, requestOf) {
  let sent = 0;
  const until = performance.now() + millis;
  const worker = async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1').setNoDelay();
    while (performance.now() < until) {
      let burst = '';
      for (let each = 0; each < PIPELINED; each++) burst += requestOf(sent++);
      socket.write(burst);
      let rest = '';
      for (let answered = 0; answered < PIPELINED; ) {
        const parts = `${rest}${await once(socket, 'data')}`.split('HTTP/1.1 ');
        answered += parts.length - 1;
        // A piece of the next answer's beginning may have come already.
        rest = parts.at(-1).slice(-8);
      }
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return sent;
}

/** A service at full speed with a budget: what was sent, what was kept of it, and what was counted. */
async function overload(file, seconds, requestOf) {
  const service = await serve(BUDGET, file);
  const began = performance.now();
  let failed = 0;
  const sent = await load(service.port, seconds * 1_000, (index) => {
    const request = requestOf(index);
    if (request === failing()) failed++;
    return request;
  });
  const took = (performance.now() - began) / 1_000;
  const { ledger } = await service.ask('close');
  await service.ended;
  const { requests, keptErrors } = await whatIsIn(file);
  return {
    sentPerSecond: sent / took,
    keptPerSecond: ledger.stored / took,
    failed,
    keptErrors,
    missed: sent - requests,
  };
}

async function whatIsIn(file) {
  const database = await openDatabase(file, 'read');
  const [found] = await database.all(
    `SELECT
       (SELECT sum(count) FROM ferret_routes_v1 WHERE name LIKE 'GET /%') AS requests,
       (SELECT count(*) FROM ferret_spans_v1 WHERE outcome = 'error') AS keptErrors`,
  );
  await database.close();
  return found;
}

/**
 * Processor time of a request, of all threads of the service, and its difference to the bare one. The services take
 * turns.
 */
async function costs(directory, rounds, millis) {
  const variants = { 'without Ferret': undefined, 'everything kept': 'Infinity', [`a budget of ${BUDGET}`]: BUDGET };
  const services = [];
  for (const [name, budget] of Object.entries(variants)) {
    services.push({ name, micros: [], ...(await serve(budget, join(directory, `${services.length}.db`))) });
  }
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const { port, ask, micros } of services) {
      const before = await ask('cpu');
      const sent = await load(port, millis, working);
      const after = await ask('cpu');
      if (round > 0) micros.push((after.micros - before.micros) / sent);
    }
  }
  for (const { ask, ended } of services) {
    await ask('close');
    await ended;
  }
  const bare = services[0].micros;
  return services.map(({ name, micros }) => ({
    name,
    micros: quartiles(micros),
    added: quartiles(micros.map((each, round) => each - bare[round])),
  }));
}

async function measure({ seconds, rounds, burstMillis }, say) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-bench-'));
  try {
    const overloads = [];
    for (const [name, requestOf] of [
      ['one in 500 fails', (index) => (index % 500 === 0 ? failing() : working(index))],
      ['all fail', failing],
    ]) {
      const result = await overload(join(directory, `${name}.db`), seconds, requestOf);
      overloads.push({ name, ...result });
      if (result.missed !== 0) throw new Error(`${result.missed} requests were not counted`);
      say(
        `${name}: ${result.keptPerSecond.toFixed(0)} spans a second kept of ${result.sentPerSecond.toFixed(0)} ` +
          `requests, ${result.keptErrors} of ${result.failed} failures, ${result.missed} requests not counted`,
      );
    }
    const rows = await costs(directory, rounds, burstMillis);
    for (const { name, micros, added } of rows) {
      say(`${name}: ${micros.median.toFixed(1)} us a request, ${added.median.toFixed(1)} added`);
    }
    return { seconds, overloads, rows, allowed: BUDGET, ceiling: BUDGET * 10 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function describe({ seconds, overloads, rows, allowed, ceiling }) {
  return [
    `An Express service at full speed, two spans a request, with \`maxSpansPerSecond: ${allowed}\` and so a ` +
      `ceiling of ${ceiling}, for ${seconds} s. What is kept beyond the budget has failed, or was slower than 99 in ` +
      '100.',
    '',
    table(
      ['', 'requests a second', 'spans kept a second', 'failures kept', 'requests not counted'],
      overloads.map(({ name, sentPerSecond, keptPerSecond, failed, keptErrors, missed }) => [
        name,
        whole(sentPerSecond),
        whole(keptPerSecond),
        `${whole(keptErrors)} of ${whole(failed)}`,
        missed,
      ]),
    ),
    '',
    'Processor time of a request in that service, of all its threads:',
    '',
    table(
      ['', 'us a request', 'added, round by round'],
      rows.map(({ name, micros, added }) => [name, quartileCell(micros, tenths), quartileCell(added, tenths)]),
    ),
  ].join('\n');
}
