// npm run test:consumers: the packages as users install and use them. Packs the packages that `npm run build` made,
// unpacks them beside consumers/ and beside Nest 11, and runs each consumer as a process of its own. Reports as a test
// runner would.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/.$/, '');
const consumers = `${root}/consumers`;
const nest11 = `${root}/versions/nest-11`;
const report = process.argv[2] ?? `${root}/.cache/consumers.json`;
const TIMEOUT_MILLIS = 300_000;

const node = (...args) => [process.execPath, ...args];
const bin = (path, ...args) => node(`${root}/node_modules/${path}`, ...args);
const tsc = (name) => bin('typescript/bin/tsc', '-p', `${consumers}/typescript/tsconfig.${name}.json`);
const jest = 'jest/bin/jest.js';
const esm = { NODE_OPTIONS: '--experimental-vm-modules' };

/** Each with its commands, which must all succeed. */
const CONSUMERS = {
  require: { commands: [node(`${consumers}/require/index.cjs`)] },
  import: { commands: [node(`${consumers}/import/index.mjs`)] },
  'both formats in one process': { commands: [node(`${consumers}/both-formats/index.mjs`)] },
  tsx: { commands: [node('--import', 'tsx', `${consumers}/tsx/index.ts`)] },
  'TypeScript, node16': { commands: [tsc('node16')] },
  'TypeScript, nodenext': { commands: [tsc('nodenext')] },
  'TypeScript, bundler': { commands: [tsc('bundler')] },
  'TypeScript, commonjs': { commands: [tsc('commonjs')] },
  'Jest, CommonJS': { commands: [bin(jest, '--rootDir', `${consumers}/jest-commonjs`)] },
  'Jest, ES modules': { commands: [bin(jest, '--rootDir', `${consumers}/jest-esm`)], env: esm },
  Vitest: { commands: [bin('vitest/vitest.mjs', 'run', '--root', `${consumers}/vitest`)] },
  esbuild: { commands: [node(`${consumers}/bundled/esbuild.mjs`), node(`${consumers}/bundled/dist/esbuild.cjs`)] },
  webpack: { commands: [node(`${consumers}/bundled/webpack.mjs`), node(`${consumers}/bundled/dist/webpack.cjs`)] },
  'Nest 12, Vitest': { commands: [bin('vitest/vitest.mjs', 'run', '--root', `${consumers}/nest`)] },
  'Nest 12, Jest, ES modules': {
    commands: [bin(jest, '--rootDir', `${consumers}/nest`, '--config', `${consumers}/nest/jest.esm.config.mjs`)],
    env: esm,
  },
  'Nest 11, ts-jest, CommonJS': {
    commands: [
      bin(jest, '--rootDir', `${nest11}/.tmp-consumer`, '--config', `${nest11}/.tmp-consumer/jest.commonjs.config.cjs`),
    ],
  },
  'peer ranges (A28)': { commands: [node(`${consumers}/peers/run.mjs`)] },
  ...Object.fromEntries(
    (installManagers() ? ['npm', 'pnpm', 'yarn'] : ['npm']).map((manager) => [
      `READMEs, ${manager} (P12)`,
      { commands: [node(`${consumers}/readmes/run.mjs`, manager)] },
    ]),
  ),
};

unpack(pack());
const chosen = process.argv.slice(3);
const results = Object.entries(CONSUMERS)
  .filter(([name]) => chosen.length === 0 || chosen.some((part) => name.includes(part)))
  .map(run);
const failed = results.filter((ok) => !ok).length;
mkdirSync(`${root}/.cache`, { recursive: true });
writeFileSync(report, JSON.stringify({ numPassedTests: results.length - failed, numFailedTests: failed }));
console.log(`\n${results.length - failed} of ${results.length} consumers work`);
process.exitCode = failed === 0 ? 0 : 1;

/** pnpm and yarn, from npm. Where they cannot be had, their consumers are left out. */
function installManagers() {
  const directory = `${root}/.cache/package-managers`;
  mkdirSync(directory, { recursive: true });
  const options = ['--prefix', directory, '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['install', ...options, 'pnpm@9.15.9', '@yarnpkg/cli-dist@4.9.2'], {
    cwd: directory,
  });
  if (status !== 0) console.warn('Left out: pnpm and yarn could not be installed from npm.');
  return status === 0;
}

/** The tarballs as npm would publish them. */
function pack() {
  const packs = `${root}/.cache/packs`;
  rmSync(packs, { recursive: true, force: true });
  mkdirSync(packs, { recursive: true });
  const workspaces = readdirSync(`${root}/packages`).flatMap((name) => ['-w', `packages/${name}`]);
  must('npm', ['pack', '--silent', '--pack-destination', packs, ...workspaces]);
  return readdirSync(packs).map((name) => `${packs}/${name}`);
}

/** Where the consumers find them first; all else is in the folders above. */
function unpack(tarballs) {
  for (const place of [consumers, nest11]) {
    const scope = `${place}/node_modules/@ferretjs`;
    rmSync(scope, { recursive: true, force: true });
    for (const tarball of tarballs) {
      const [, name] = /ferretjs-(\w+)-/.exec(tarball);
      mkdirSync(`${scope}/${name}`, { recursive: true });
      must('tar', ['-xzf', tarball, '-C', `${scope}/${name}`, '--strip-components=1']);
    }
    const found = createRequire(`${place}/consumer.js`).resolve('@ferretjs/core');
    if (!found.startsWith(scope)) throw new Error(`@ferretjs/core is ${found}, and not the packed one in ${scope}`);
  }
  // The same test; what it imports depends on where it lies.
  rmSync(`${nest11}/.tmp-consumer`, { recursive: true, force: true });
  cpSync(`${consumers}/nest`, `${nest11}/.tmp-consumer`, { recursive: true });
  writeFileSync(`${nest11}/.tmp-consumer/package.json`, '{ "private": true, "type": "commonjs" }\n');
}

function run([name, { commands, env = {} }]) {
  const started = Date.now();
  let output = '';
  const ok = commands.every(([file, ...args]) => {
    const { status, stdout, stderr, error } = spawnSync(file, args, {
      cwd: consumers,
      env: { ...process.env, ...env },
      encoding: 'utf8',
      timeout: TIMEOUT_MILLIS,
    });
    output += stdout + stderr + (error?.message ?? '');
    return status === 0;
  });
  console.log(
    `${name.padEnd(30)}${ok ? 'ok    ' : 'FAILED'}${String(Math.round((Date.now() - started) / 1000)).padStart(6)} s`,
  );
  if (!ok) console.log(output);
  return ok;
}

function must(file, args) {
  const { status, stderr, error } = spawnSync(file, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args[0]} failed: ${error?.message ?? stderr}`);
}
