// npm test [-- <step> ...]: everything CI runs. All steps run, whatever fails; the last line counts the tests that the
// runners counted, and one for each step that is a check of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { installNode } from './node-matrix.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}/.cache`;
const published = ['core', 'express', 'koa', 'nest', 'auto', 'opentelemetry', 'queries', 'cli'];

/** npm has Node itself as packages for this platform alone, of those that the matrix knows. */
const hasMatrix = process.platform === 'linux' && process.arch === 'x64';

const bin = (path) => [process.execPath, `node_modules/${path}`];
const vitest = (report, ...more) => [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...more,
];

/**
 * A step runs commands that must all succeed; one with a `report` adds the tests its runner counted. End-to-end tests
 * mostly wait for the processes that they start, and no timing is asserted: such steps run two at a time, the longest
 * first, when all others are done.
 */
const steps = [
  { name: 'lint', commands: [[...bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']] },
  { name: 'build', commands: [[process.execPath, 'scripts/build.mjs']] },
  {
    name: 'import-rules',
    commands: [
      [
        ...bin('dependency-cruiser/bin/dependency-cruise.mjs'),
        '--config',
        '.dependency-cruiser.cjs',
        ...published.map((name) => `packages/${name}/src`),
        'bench',
        'e2e',
        'scripts',
      ],
      [process.execPath, 'scripts/check-import-rules.mjs'],
    ],
  },
  {
    name: 'types',
    commands: ['tsconfig.check.json', 'examples/nest'].map((project) => [...bin('typescript/bin/tsc'), '-p', project]),
  },
  testStep('unit', process.execPath, '--coverage'),
  ...published.map((name) => ({
    name: `package-${name}`,
    commands: [
      [...bin('publint/src/cli.js'), 'run', '--strict', `packages/${name}`],
      [...bin('@arethetypeswrong/cli/dist/index.js'), '--pack', `packages/${name}`],
    ],
  })),
  // The faults of volumes, files and processes take minutes, and are the same in every Node: `.slow` in a name marks
  // their files.
  endToEnd('e2e-slow', process.execPath, '.slow.test'),
  endToEnd('e2e', process.execPath, '--exclude', '**/*.slow.test.ts'),
  ...(hasMatrix ? [22, 24, 26] : []).map((major) =>
    endToEnd(`e2e-node-${major}`, () => installNode(major, cache), '--exclude', '**/*.slow.test.ts'),
  ),
  {
    name: 'consumers',
    report: `${cache}/consumers.json`,
    commands: [[process.execPath, 'scripts/consumers.mjs', `${cache}/consumers.json`]],
    mayRunBeside: true,
  },
  {
    name: 'bench',
    commands: [
      [process.execPath, 'bench/run.mjs', '--short'],
      [process.execPath, 'bench/run.mjs', '--compare', 'bench/results.json'],
    ],
    mayRunBeside: true,
  },
];

/** @param node The Node to run with, or a function that finds it. */
function testStep(name, node, ...options) {
  const report = `${cache}/${name}.json`;
  return {
    name,
    report,
    commands: [() => [typeof node === 'function' ? node() : node, ...vitest(report, ...options)]],
  };
}

function endToEnd(name, node, ...options) {
  return { ...testStep(name, node, '--root', 'e2e', ...options), mayRunBeside: true };
}

const chosen = process.argv.slice(2);
for (const name of chosen) {
  if (!steps.some((step) => step.name === name)) {
    console.error(`There is no step "${name}". There are: ${steps.map((step) => step.name).join(', ')}.`);
    process.exit(2);
  }
}

await install({ needsSqlite3: true });
mkdirSync(cache, { recursive: true });
if (!hasMatrix) console.log('The Node matrix runs on Linux x64 only, and is left out here.');
const wanted = steps.filter((step) => chosen.length === 0 || chosen.includes(step.name));
const results = [
  ...(await runAll(wanted.filter((step) => !step.mayRunBeside))),
  ...(await runAll(
    wanted.filter((step) => step.mayRunBeside),
    Math.min(2, availableParallelism()),
  )),
];

const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log('\nStep              result   passed  failed    time');
for (const { name, ok, passed, failed, seconds } of results) {
  const cells = [passed, failed, `${seconds} s`].map((cell) => String(cell).padStart(8));
  console.log(`${name.padEnd(18)}${ok ? 'ok    ' : 'FAILED'}${cells.join('')}`);
}
for (const { name, failures } of results) {
  for (const { test, message } of failures) console.log(`\n${name}: ${test}\n${message}`);
}
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

/** Runs the steps in order, so many at a time. @returns their results, in the same order */
async function runAll(steps, atATime = 1) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < steps.length) {
      const index = next++;
      results[index] = await run(steps[index], atATime > 1);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}

/** @param isBeside another step runs meanwhile: the output is shown whole, when the step has ended */
async function run({ name, commands, report }, isBeside) {
  const heading = `\n=== ${name} ===\n`;
  console.log(isBeside ? `${heading}begun` : heading);
  const started = Date.now();
  if (report !== undefined) rmSync(report, { force: true });
  const output = `${cache}/${name}.log`;
  const descriptor = isBeside ? openSync(output, 'w') : 'inherit';
  let ok = true;
  for (const command of commands) ok &&= await succeeds(command, descriptor);
  if (isBeside) {
    closeSync(descriptor);
    console.log(heading + readFileSync(output, 'utf8'));
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  if (report === undefined) return { name, ok, seconds, passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: [] };
  const { passed, failed, failures } = read(report);
  // A runner that failed without a failed test (coverage, a crash), or that ran nothing, is a failure too.
  const isSound = failed > 0 || (ok && passed > 0);
  return { name, ok: ok && failed === 0 && passed > 0, seconds, passed, failed: isSound ? failed : 1, failures };
}

async function succeeds(command, output) {
  try {
    const [file, ...args] = typeof command === 'function' ? command() : command;
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', output, output] });
    const [status] = await once(child, 'close');
    return status === 0;
  } catch (error) {
    console.error(error.message);
    return false;
  }
}

/** The runner's counts, and its word on each test that failed: said again where nobody has to look for it. */
function read(report) {
  try {
    const { numPassedTests, numFailedTests, testResults = [] } = JSON.parse(readFileSync(report, 'utf8'));
    const failures = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ test: fullName, message: failureMessages.join('\n') }));
    return { passed: numPassedTests, failed: numFailedTests, failures };
  } catch {
    return { passed: 0, failed: 0, failures: [] };
  }
}
