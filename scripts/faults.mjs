// npm run test:faults: what must not go wrong, case by case. Runs the tests in e2e/faults, each named by the number of
// its case, and says of every case whether it holds. npm run test:soak: the same at full length (FERRET_SOAK=1), and
// the property tests of every parser with 100,000 inputs. Arguments name files to run, and leave out the others: npm
// run test:faults -- http-aborts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/.$/, '');
const cache = `${root}/.cache`;
const cases = JSON.parse(readFileSync(`${root}/e2e/faults/cases.json`, 'utf8'));
const isSoak = Boolean(process.env.FERRET_SOAK);
/** `31.`, or `31 a.` where a case has several tests; `FAULTS 64` in tests that are not in e2e/faults. */
const NUMBER = /^(\d+)(?: [a-z])?\. |FAULTS (\d+)/;

const chosen = process.argv.slice(2);
mkdirSync(cache, { recursive: true });
const files = chosen.length === 0 ? ['faults/'] : chosen.map((name) => `faults/${name}`);
const faults = run('faults', '--root', 'e2e', ...files);
const fuzz = isSoak && chosen.length === 0 ? run('fuzz', 'property') : undefined;

// Those of child spans are tested where their libraries are.
const others =
  chosen.length > 0
    ? []
    : [
        run('faults-libraries', '--root', 'e2e', 'auto/', 'databases/', 'messaging/'),
        run('faults-units', '--project', 'unit', 'packages/auto/'),
      ];

const ofOthers = others.flatMap(({ tests }) => tests).filter((test) => numberOf(test) !== '');
const byCase = groupByCase([...faults.tests, ...ofOthers]);
const results = Object.keys(cases)
  .filter((number) => chosen.length === 0 || byCase.has(number))
  .map((number) => ({ number, title: cases[number], ...verdict(byCase.get(number) ?? []) }));
const unnamed = faults.tests.filter((test) => cases[numberOf(test)] === undefined);
if (unnamed.length > 0) {
  results.push({ number: '?', title: 'tests that name no case', ...verdict(unnamed), result: 'FAILED' });
}
if (fuzz !== undefined) results.push({ number: '', title: 'the fuzz of every parser', ...verdict(fuzz.tests) });

console.log(`\n    ${'Case'.padEnd(72)}result   tests`);
for (const { number, title, result, tests, figures } of results) {
  console.log(`${number.padStart(2)}  ${title.padEnd(72)}${result.padEnd(8)}${String(tests).padStart(6)}`);
  for (const figure of figures) console.log(`      ${figure}`);
}
const passed = results.filter(({ result }) => result === 'ok').length;
console.log(`\n${passed} passed, ${results.length - passed} failed`);
// A runner that failed beyond its tests (an error between them, a file that does not load) is a failure too.
process.exitCode = passed === results.length && [faults, ...others].every(({ ok }) => ok) && (fuzz?.ok ?? true) ? 0 : 1;

function run(name, ...options) {
  const report = `${cache}/${name}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status, error } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...options],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (error) console.error(error.message);
  return { ok: status === 0, tests: testsOf(report) };
}

function testsOf(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap((file) => file.assertionResults);
  } catch {
    return []; // The runner has said why there is no report.
  }
}

function numberOf({ title }) {
  const [, number, elsewhere] = NUMBER.exec(title) ?? [];
  return number ?? elsewhere ?? '';
}

function groupByCase(tests) {
  const groups = new Map();
  for (const test of tests) groups.set(numberOf(test), [...(groups.get(numberOf(test)) ?? []), test]);
  return groups;
}

/** A test that was left out shows as little as one that failed. */
function verdict(tests) {
  const holds = tests.every(({ status }) => status === 'passed');
  const result = tests.length === 0 ? 'missing' : holds ? 'ok' : 'FAILED';
  return { result, tests: tests.length, figures: tests.flatMap(({ meta }) => meta?.figures ?? []) };
}
