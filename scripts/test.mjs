// npm test [-- <step> ...]: everything CI runs. All steps run, whatever fails; the last line counts the tests that the runners
// counted, and one for each step that is a check of its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { installNode } from './node-matrix.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}/.cache`;
const published = ['core', 'express', 'koa', 'nest', 'cli'];

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

/** A step runs commands that must all succeed; one with a `report` adds the tests its runner counted. */
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
      ],
      [process.execPath, 'scripts/check-import-rules.mjs'],
    ],
  },
  {
    name: 'types',
    commands: ['tsconfig.check.json', 'examples/nest'].map((project) => [...bin('typescript/bin/tsc'), '-p', project]),
  },
  testStep('unit', process.execPath, '--coverage'),
  testStep('e2e', process.execPath, '--root', 'e2e'),
  {
    name: 'consumers',
    report: `${cache}/consumers.json`,
    commands: [[process.execPath, 'scripts/consumers.mjs', `${cache}/consumers.json`]],
  },
  {
    name: 'bench',
    commands: [
      [process.execPath, 'bench/run.mjs', '--short'],
      [process.execPath, 'bench/run.mjs', '--compare', 'bench/results.json'],
    ],
  },
  ...published.map((name) => ({
    name: `package-${name}`,
    commands: [
      [...bin('publint/src/cli.js'), 'run', '--strict', `packages/${name}`],
      [...bin('@arethetypeswrong/cli/dist/index.js'), '--pack', `packages/${name}`],
    ],
  })),
  // Without the faults that a name in `.slow` marks: volumes, files and processes, which take minutes, and the same in every Node.
  ...(hasMatrix ? [22, 24, 26] : []).map((major) =>
    testStep(`e2e-node-${major}`, () => installNode(major, cache), '--root', 'e2e', '--exclude', '**/*.slow.test.ts'),
  ),
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

const chosen = process.argv.slice(2);
for (const name of chosen) {
  if (!steps.some((step) => step.name === name)) {
    console.error(`There is no step "${name}". There are: ${steps.map((step) => step.name).join(', ')}.`);
    process.exit(2);
  }
}

await install();
mkdirSync(cache, { recursive: true });
if (!hasMatrix) console.log('The Node matrix runs on Linux x64 only, and is left out here.');
const results = steps.filter((step) => chosen.length === 0 || chosen.includes(step.name)).map(run);

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

function run({ name, commands, report }) {
  console.log(`\n=== ${name} ===\n`);
  const started = Date.now();
  if (report !== undefined) rmSync(report, { force: true });
  const ok = commands.every(succeeds);
  const seconds = Math.round((Date.now() - started) / 1000);
  if (report === undefined) return { name, ok, seconds, passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: [] };
  const { passed, failed, failures } = read(report);
  // A runner that failed without a failed test (coverage, a crash), or that ran nothing, is a failure too.
  const isSound = failed > 0 || (ok && passed > 0);
  return { name, ok: ok && failed === 0 && passed > 0, seconds, passed, failed: isSound ? failed : 1, failures };
}

function succeeds(command) {
  try {
    const [file, ...args] = typeof command === 'function' ? command() : command;
    const { status, error } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (error) console.error(error.message);
    return status === 0;
  } catch (error) {
    console.error(error.message);
    return false;
  }
}

/** What the runner counted, and what it says of each test that failed: said again where nobody has to look for it. */
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
