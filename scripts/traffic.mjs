// Varied HTTP traffic for an example: node scripts/traffic.mjs <example> <port> <seconds>. The actions of the example's
// users stand in its traffic.mjs. The requests and their order are the same at every call; each second it prints the
// responses so far.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const [example, ...numbers] = process.argv.slice(2);
const [port, seconds] = numbers.map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
const answers = new Map();
const until = Date.now() + seconds * 1000;
let random = 42;

/** A number from 0 up to `below`, always the same sequence (a linear congruential generator). */
function pick(below) {
  random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((random / 2 ** 31) * below);
}

/** Sends a request; `abort` says after how many milliseconds the client goes away. */
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

/** The actions of the example's users: pairs of a share and a function that sends a request. */
const { usage } = await import(new URL(`../examples/${example}/traffic.mjs`, import.meta.url));
const deck = usage({ pick, send }).flatMap(([share, act]) => Array.from({ length: share }, () => act));

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
