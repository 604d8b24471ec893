// Installs what package-lock.json says, if that has not been done yet. Node's own modules only: nothing else is there.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const SILENCE_MILLIS = 5_000;

function isInstalled() {
  const installed = `${root}/node_modules/.package-lock.json`;
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}/package-lock.json`).mtimeMs;
}

/** Whether the native part of sqlite3 is there. */
function hasSqlite3() {
  return existsSync(`${root}/node_modules/sqlite3/build/Release/node_sqlite3.node`);
}

/** The tools that are missing for the compilation of sqlite3. */
function missingTools() {
  return ['python3', 'make', 'g++'].filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error);
}

/**
 * Makes sure that everything is installed; says what it does, and ends the process if it cannot.
 *
 * @param needsSqlite3 Tests and benchmarks run both drivers. All else does without sqlite3, and its compilation, where
 * Node has its own SQLite.
 */
export async function install({ needsSqlite3 = !isBuiltin('node:sqlite') } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Ferret needs Node 20.19 or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }
  if (!isInstalled()) {
    console.log('Installing from package-lock.json (npm ci).');
    // Only the package sqlite3 has a script that may run (allowScripts in package.json).
    await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  }
  if (!needsSqlite3 || hasSqlite3()) return;
  console.log('Where no prebuilt sqlite3 can be had, npm compiles it: 1 to 3 minutes.');
  const missing = missingTools();
  if (missing.length > 0) {
    console.log(`Not found: ${missing.join(', ')}. If sqlite3 has to be compiled: apt-get install -y python3 make g++`);
  }
  await npm(['rebuild', 'sqlite3', '--foreground-scripts']);
}

async function npm(args) {
  const child = spawn('npm', args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  const code = await follow(child);
  if (code !== 0) {
    console.error(`\nnpm ${args[0]} failed; its output is above.`);
    process.exit(1);
  }
}

/** Shows a line for each step of the compiler and a sign of life in between; everything, if it fails. */
async function follow(child) {
  const started = Date.now();
  const output = [];
  let shown = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`.padStart(6);
  const onData = (chunk) => {
    output.push(chunk);
    for (const line of String(chunk).split('\n')) {
      if (!/^\s*(CC|CXX|SOLINK_MODULE|AR|ACTION)\(|^added \d+|^> /.test(line)) continue;
      console.log(`${seconds()}  ${line.trim()}`);
      shown = Date.now();
    }
  };
  child.stdout.on('data', onData);
  child.stderr.on('data', onData);
  const alive = setInterval(() => {
    if (Date.now() - shown >= SILENCE_MILLIS) console.log(`${seconds()}  still at it`);
  }, SILENCE_MILLIS);
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(-1));
    child.on('close', resolve);
  });
  clearInterval(alive);
  if (code !== 0) process.stderr.write(Buffer.concat(output));
  return code;
}
