// npm start [-- <example>]: the main job, start to finish. Starts an example as a process of its own, drives ten
// seconds of traffic at it from another, stops it with SIGTERM, and shows what Ferret has kept.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** For each example its file, what Node needs to run that, and what makes it Ferret's. */
const EXAMPLES = {
  express: { entry: 'server.js', execArgv: ['--import', '@ferretjs/auto'], line: 'app.use(ferret())' },
  koa: { entry: 'server.js', execArgv: [], line: 'app.use(ferret())' },
  nest: { entry: 'server.ts', execArgv: ['--import', 'tsx'], line: 'FerretModule.forRoot()' },
};

const example = process.argv[2] ?? 'express';
if (!Object.hasOwn(EXAMPLES, example)) {
  console.error(`There is no example "${example}". There are: ${Object.keys(EXAMPLES).join(', ')}.`);
  process.exit(2);
}
const { entry, execArgv, line } = EXAMPLES[example];

/** The server of the example, once it runs. */
let server;

await install();
console.log('Building');
const { build } = await import('./build.mjs');
if (!(await build())) fail('The build failed.');

const directory = `${root}/examples/${example}`;
const database = `${directory}/ferret.db`;
console.log(`\nStarting examples/${example}, which says ${line}`);
server = fork(`${directory}/${entry}`, {
  cwd: directory,
  execArgv: [...process.execArgv, ...execArgv],
  env: { ...process.env, PORT: '0', FERRET_DATABASE: database },
});
const serverEnded = once(server, 'close');
const [message] = await Promise.race([once(server, 'message'), serverEnded]);
const port = message?.port ?? fail('The server ended before it listened.');

console.log(`It listens on port ${port}. Sending traffic for ten seconds, from another process\n`);
const traffic = fork(`${root}/scripts/traffic.mjs`, [example, String(port), '10']);
const [trafficCode] = await once(traffic, 'close');
if (trafficCode !== 0) fail(`The traffic failed (exit code ${trafficCode}).`);

console.log('\nStopping the server with SIGTERM');
server.kill('SIGTERM');
const [code, signal] = await serverEnded;
if (signal !== 'SIGTERM') fail(`The server should have died of SIGTERM; exit code ${code}, signal ${signal}.`);
console.log('It died of SIGTERM, as it would have without Ferret, and left its spans in the file.');

const file = relative(process.cwd(), database);
ferret('analyze', file);
ferret('analyze', '--tree', file);
const commands = {
  [`npx @ferretjs/cli analyze ${file} --sort p99`]: 'slowest routes first',
  [`npx @ferretjs/cli analyze ${file} --tree --top 3`]: 'the three slowest requests, as trees',
  [`npx @ferretjs/cli diff previous latest ${file}`]: 'this run against the one before, once there are two',
  [`npx @ferretjs/cli export ${file} --format speedscope -o shop.speedscope.json`]: 'the spans for other tools',
  [`npx @ferretjs/cli doctor ${file}`]: 'how the file is',
  [`npm start -w examples/${example}`]: 'the example, to send requests to yourself',
};
const width = Math.max(...Object.keys(commands).map((command) => command.length));
console.log('\nNow you:\n');
for (const [command, what] of Object.entries(commands)) console.log(`  ${command.padEnd(width)}  ${what}`);
console.log(
  `\nIn your own service: npm install @ferretjs/${example}, then ${line}. See packages/${example}/README.md.`,
);

function ferret(...args) {
  console.log(`\n$ npx @ferretjs/cli ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [`${root}/packages/cli/bin/ferret.js`, ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) fail(`ferret ${args[0]} failed (exit code ${status}).`);
}

function fail(message) {
  console.error(`\n${message}`);
  server?.kill('SIGKILL');
  process.exit(1);
}
