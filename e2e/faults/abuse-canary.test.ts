import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { ask, message, runScript, start, temporaryFile } from '../child.js';
import { runFerret } from '../ferret.js';
import { flood } from '../traffic.js';
import { CANARY, expectNoCanary, filesBeside, MARKER } from './canary.js';
import { expectSound, expectUndisturbed } from './invariants.js';

const BASIC = Buffer.from(`user:${CANARY}`).toString('base64');
const JWT = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"${CANARY}"}`).toString('base64url')}.${CANARY}`;
const URL_WITH_USER = `postgres://user:${CANARY}@db.test/shop`;
const MESSAGE = `${MARKER}: connect ${URL_WITH_USER} failed, password=${CANARY}, Authorization: Bearer ${CANARY}`;

/** Secrets in attributes, at every depth; what `measure` and `annotate` are given. */
const ATTRIBUTES = {
  [MARKER]: MARKER,
  password: CANARY,
  body: { user: { password: CANARY, cards: [{ cvv: CANARY }] }, token: [CANARY] },
  headers: [`Cookie: sid=${CANARY}`, `authorization: Basic ${BASIC}`],
  text: MESSAGE,
  json: JSON.stringify({ note: MARKER, apiKey: CANARY, inner: JSON.stringify({ secret: CANARY }) }),
  jwt: `token ${JWT}`,
  url: `https://user:${CANARY}@host.test/?api_key=${CANARY}`,
  long: `${'x'.repeat(1000)} Bearer ${CANARY.repeat(20)}`,
  [`Bearer ${CANARY}`]: 1,
};

const TARGETS = [
  `http://user:${CANARY}@host.test/users/1?page=${MARKER}`,
  `/users/2?page=${MARKER}&token=${CANARY}&apiKey=${CANARY}&user%5Bpassword%5D=${CANARY}`,
  `/users/3?page=${MARKER}&redirect=https%3A%2F%2Fuser%3A${CANARY}%40host.test%2F%3Ftoken%3D${CANARY}`,
  `/users/4?page=${MARKER}&%74oken=${CANARY}&X-Amz-Signature=${CANARY}&q=Bearer+${CANARY}`,
  `/nowhere?page=${MARKER}&${'x'.repeat(2030)}&password=${CANARY.repeat(20)}`,
];

const HEADERS = [
  `User-Agent: ${MARKER} Bearer ${CANARY}`,
  `Authorization: Bearer ${CANARY}`,
  `Proxy-Authorization: Basic ${BASIC}`,
  `Cookie: ${MARKER}=1; sid=${CANARY}`,
  `X-Api-Key: ${CANARY}`,
  `Referer: https://user:${CANARY}@host.test/?token=${CANARY}`,
  `X-Note: ${MARKER}, jwt ${JWT}`,
].map((line) => `${line}\r\n`);

const get = (target: string, host = 'host.test') =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${HEADERS.join('')}\r\n`;

function post(path: string, value: unknown): string {
  const body = JSON.stringify(value);
  const length = Buffer.byteLength(body);
  const fields = `Host: a\r\nContent-Type: application/json\r\nContent-Length: ${length}`;
  return `POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n${body}`;
}

it('50 a. secrets of requests, errors and attributes are in no file, no log and no output of the CLI', async () => {
  const database = temporaryFile();
  const headers = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'referer', 'x-note'];
  const child = start('fault-service.mjs', {
    OPTIONS: JSON.stringify({ database, headers: { request: headers, response: ['set-cookie'] }, clientAddress: true }),
    OTEL_RESOURCE_ATTRIBUTES: `deployment=${MARKER},api_key=${CANARY},url=https%3A%2F%2Fu%3A${CANARY}%40host`,
    NODE_DEBUG: 'ferret',
  });
  const { port } = await message<{ port: number }>(child);
  const requests = [
    ...TARGETS.map((target) => get(target)),
    get('/users/5', `user:${CANARY}@host.test`),
    post('/annotate', ATTRIBUTES),
    post('/throw', { message: MESSAGE }),
  ];
  await flood(port, requests.length, (index) => requests[index] ?? '', { connections: 1, burst: 1 });
  await ask(child, 'flush');

  const alive = filesBeside(database);
  expect(alive.get('ferret.db-wal')?.includes(MARKER), 'the WAL holds what was sent').toBe(true);
  expectNoCanary(alive);
  expectNoCanary(await outputs(database));
  await ask(child, 'close');
  const end = await child.ended;
  expectUndisturbed(end);
  expectNoCanary([['standard error', end.stderr]]);
  const dead = filesBeside(database);
  expect(dead.get('ferret.db')?.includes(MARKER), 'the database holds what was sent').toBe(true);
  expectNoCanary(dead);
  expectNoCanary(await outputs(database));
  await expectSound(database);
});

it('50 b. secrets in attributes are in no log, also where hooks fail and NODE_DEBUG shows all', async () => {
  const child = start('run-script.mjs', {
    DATABASE: temporaryFile(),
    NODE_DEBUG: 'ferret',
    ATTRIBUTES: JSON.stringify(ATTRIBUTES),
    SCRIPT: `const attributes = JSON.parse(process.env.ATTRIBUTES);
      const fail = () => {
        throw new Error('${MARKER} postgres://user:${CANARY}@db/shop', { cause: new Error('token=${CANARY}') });
      };
      const ferret = createFerret({ ...options, redact: { redactor: fail }, maxQueueSize: 100 });
      for (let index = 0; index < 100; index++) {
        ferret.wrap(fail, () => {})(attributes);
        ferret.measure(attributes.text, attributes, () => {});
      }
      await ferret.close();`,
  });
  const end = await child.ended;
  expectUndisturbed(end);
  expect(end.stderr).toContain(MARKER);
  expect(end.stderr).toContain('QUEUE_FULL');
  expectNoCanary([['standard error', end.stderr]]);
});

it('50 c. a process that exits in the middle of a batch spills no secret, and none is taken in', async () => {
  const database = temporaryFile();
  const script = (end: string) => `const attributes = ${JSON.stringify(ATTRIBUTES)};
    const ferret = createFerret(options);
    ferret.measure('first', attributes, () => {});
    await ferret.flush();
    ${end}`;
  const spill = `for (let index = 0; index < 1000; index++) ferret.measure(attributes.text, attributes, () => {});
    process.exit(0);`;
  expectUndisturbed(await runScript(script(spill), database));
  const left = filesBeside(database);
  const spilled = [...left].filter(([name]) => name.includes('spill'));
  expect(
    spilled.some(([, content]) => content.includes(MARKER)),
    'the spill holds what was recorded',
  ).toBe(true);
  expectNoCanary(left);

  expectUndisturbed(await runScript(script('await ferret.close();'), database));
  const processes = await expectSound(database);
  expect(processes.map(({ stored }) => stored)).toEqual([1_001, 1]);
  expectNoCanary(filesBeside(database));
  expectNoCanary(await outputs(database));
});

/** All that the CLI has to say of a file. */
async function outputs(database: string): Promise<[string, string][]> {
  const commands = [
    ['runs'],
    ['runs', '--json'],
    ['analyze'],
    ['analyze', '--json'],
    ['analyze', '--tree', '--top', '20'],
    ...['ndjson', 'csv', 'otlp', 'chrome', 'speedscope'].map((format) => ['export', '--format', format]),
  ];
  const ended: [string, string][] = [];
  for (const command of commands) {
    const { code, out, err } = await runFerret(command, { cwd: dirname(database), env: { NODE_DEBUG: 'ferret' } });
    expect(code).toBe(0);
    ended.push([`ferret ${command.join(' ')}`, out + err]);
  }
  return ended;
}
