import { METHODS } from 'node:http';
import { expect, it } from 'vitest';
import { ask, message, start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { flood } from '../traffic.js';
import { figure } from './figures.js';
import { expectSound, expectUndisturbed } from './invariants.js';
import { EXPOSE_GC, expectFlat, memoryOf } from './memory.js';
import { LONG_MILLIS, scaled } from './scale.js';

const SAMPLES = 10;

/** As many as Node's parser lets through; what is no method at all never reaches an application. */
const ALLOWED = METHODS.filter((method) => method !== 'CONNECT' && method !== 'HEAD');
const ROUTE = 'GET /t/:tenant/orders/:id';
/** Strings of spans, and names that statistics are kept of: 2,000 and one for all others. */
const MAX_STRINGS = 10_000 + 2_001;

const KNOWN = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'];

it(`40 a. ${scaled(1_000_000)} distinct URLs and user agents, by every method, leave memory flat and few names`, {
  timeout: LONG_MILLIS,
}, async ({ task }) => {
  const database = temporaryFile();
  const options = { database, maxQueueSize: 1_000_000 };
  const child = start('fault-service.mjs', { OPTIONS: JSON.stringify(options), NODE_ENV: 'production' }, EXPOSE_GC);
  const { port } = await message<{ port: number }>(child);
  const count = scaled(1_000_000);
  const requestOf = (index: number) => {
    const method = index % 10 === 0 ? 'GET' : ALLOWED[index % ALLOWED.length];
    const path = index % 10 === 0 ? `/t/${index}/orders/${index}` : `/nowhere/${index}`;
    const headers = `Host: h${index}.test\r\nUser-Agent: agent/${index}\r\n`;
    return `${method} ${path}?page=${index}&k${index}=1 HTTP/1.1\r\n${headers}\r\n`;
  };
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await flood(port, count / SAMPLES, (index) => requestOf(sample * (count / SAMPLES) + index));
    samples.push(await memoryOf(child));
  }
  await ask(child, 'close');
  expectUndisturbed(await child.ended);

  // Once the caches of a few thousand entries each are full.
  expectFlat(samples.slice(2), 4);
  figure(task, `${megabytes(samples[2])} MB in use after a third, ${megabytes(samples.at(-1))} MB after all`);
  const [process] = await expectSound(database);
  expect(process).toMatchObject({ started: count, stored: count });
  const names = await query<{ name: string }>(database, 'SELECT DISTINCT name FROM ferret_spans_v1 ORDER BY name');
  expect(names.map(({ name }) => name)).toEqual(
    [...KNOWN.filter((method) => ALLOWED.includes(method)), ROUTE, 'HTTP'].sort(),
  );
  // The dictionary: a private table, but nothing else would show that it grows.
  const [strings] = await query<{ count: number }>(database, 'SELECT count(*) AS count FROM string');
  expect(strings?.count).toBeLessThanOrEqual(MAX_STRINGS);
});

it(`40 b. ${scaled(1_000_000)} distinct names, attribute keys and error types of the application leave memory flat`, {
  timeout: LONG_MILLIS,
}, async ({ task }) => {
  const database = temporaryFile();
  const child = start(
    'run-script.mjs',
    {
      DATABASE: database,
      SCRIPT: `const ferret = createFerret({ ...options, maxQueueSize: 1_000_000 });
        const memory = async () => {
          await ferret.flush();
          for (let round = 0; round < 3; round++) { await new Promise(setImmediate); gc(); }
          return process.memoryUsage().heapUsed + process.memoryUsage().external;
        };
        const samples = [];
        for (let index = 0; index < ${scaled(1_000_000)}; index++) {
          const span = ferret.start('SELECT ' + index, { attributes: { ['key' + index]: index } });
          span.recordError(Object.assign(new Error('failed'), { name: 'Error' + index })).end();
          if (index % 1000 === 0) await ferret.flush();
          if (index % ${scaled(1_000_000) / SAMPLES} === 0) samples.push(await memory());
        }
        await ferret.close();
        process.send(samples);`,
    },
    EXPOSE_GC,
  );
  const samples = await message<number[]>(child);
  expectUndisturbed(await child.ended);
  expectFlat(samples.slice(2), 4);
  figure(task, `${megabytes(samples[2])} MB in use after a third, ${megabytes(samples.at(-1))} MB after all`);
  const [process] = await expectSound(database);
  expect(process).toMatchObject({ stored: scaled(1_000_000) });
  const [strings] = await query<{ count: number }>(database, 'SELECT count(*) AS count FROM string');
  expect(strings?.count).toBeLessThanOrEqual(MAX_STRINGS);
});

function megabytes(bytes = 0): string {
  return (bytes / 1e6).toFixed(1);
}
