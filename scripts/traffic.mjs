// Varied HTTP traffic for the examples: node scripts/traffic.mjs <port> <seconds>. The same requests in the same order at every
// call; says each second what has come back.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const [port, seconds] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
const answers = new Map();
const until = Date.now() + seconds * 1000;
let random = 42;

/** A number from 0 up to `below`, always the same sequence (a linear congruential generator). */
function pick(below) {
  random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((random / 2 ** 31) * below);
}

/** One request; `abort` says after how many milliseconds the client goes away. */
function send(method, path, { body, headers = {}, abort } = {}) {
  return new Promise((resolve) => {
    const done = (answer) => {
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      resolve();
    };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent,
      headers: { ...type, 'user-agent': 'traffic/1', ...headers },
    });
    outgoing.on('response', (response) => {
      response.on('error', () => done('aborted'));
      response.on('end', () => done(response.statusCode)).resume();
    });
    outgoing.on('error', () => done('aborted'));
    if (abort !== undefined) setTimeout(() => outgoing.destroy(), abort);
    outgoing.end(body);
  });
}

const order = () => JSON.stringify({ product: 1 + pick(40), quantity: 1 + pick(3), card: '4111 1111 1111 1111' });
const tenant = () => ['acme', 'globex', 'initech'][pick(3)];

/** What users of the shop do, and how often of 100. */
const mix = [
  [30, () => send('GET', `/api/tenants/${tenant()}/products?page=${pick(9)}`)],
  [25, () => send('GET', `/api/tenants/${tenant()}/products/${1 + pick(45)}`)],
  [8, () => send('GET', `/api/tenants/${tenant()}/orders`)],
  [8, () => send('POST', `/api/tenants/${tenant()}/checkout?api_key=s3cr3t`, { body: order() })],
  [2, () => send('POST', `/api/tenants/${tenant()}/checkout`, { body: '{"broken":' })],
  [5, () => send('GET', '/reports/daily')],
  [3, () => send('GET', '/reports/daily', { abort: 60 })],
  [3, () => send('GET', '/reports/export', { abort: 120 })],
  [2, () => send('GET', '/reports/export')],
  [3, () => send('GET', '/reports/broken')],
  [5, () => send('HEAD', `/api/tenants/${tenant()}/products`)],
  [6, () => send('GET', `/wp-login-${pick(1000)}.php`)],
];

const deck = mix.flatMap(([share, act]) => Array.from({ length: share }, () => act));

async function user() {
  while (Date.now() < until) {
    await deck[pick(deck.length)]();
    await pause(5 + pick(40));
  }
}

const report = () => {
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0);
  const each = [...answers].sort().map(([answer, count]) => `${answer}: ${count}`);
  console.log(`  ${String(total).padStart(5)} requests   ${each.join('   ')}`);
};
const ticker = setInterval(report, 1000);
await Promise.all(Array.from({ length: 16 }, user));
clearInterval(ticker);
report();
agent.destroy();
if (!answers.has(200)) process.exitCode = 1;
