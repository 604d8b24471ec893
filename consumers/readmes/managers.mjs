// npm, pnpm and yarn with Plug'n'Play: the last two let a module import nothing that its own package does not depend
// on.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packs = `${root}.cache/packs`;
const tools = `${root}.cache/package-managers`;

/** `@ferretjs/core` and the rest, each with its packed file. */
export const PACKED = Object.fromEntries(
  readdirSync(packs).map((file) => [`@ferretjs/${/ferretjs-(\w+)-/.exec(file)[1]}`, `file:${packs}/${file}`]),
);

/**
 * The command of a package manager, the fields of package.json beside dependencies, and the way Node runs in its
 * projects.
 */
export const MANAGERS = {
  npm: {
    command: ['npm'],
    install: ['install', '--ignore-scripts', '--no-audit', '--no-fund'],
    manifest: { overrides: PACKED },
    node: [process.execPath],
  },
  pnpm: {
    command: [process.execPath, `${tools}/node_modules/pnpm/bin/pnpm.cjs`],
    install: ['install', '--ignore-scripts', '--store-dir', `${root}.cache/pnpm-store`],
    manifest: { pnpm: { overrides: PACKED } },
    node: [process.execPath],
  },
  yarn: {
    command: [process.execPath, `${tools}/node_modules/@yarnpkg/cli-dist/bin/yarn.js`],
    install: ['install', '--mode', 'skip-build'],
    manifest: { resolutions: PACKED },
    node: [process.execPath, `${tools}/node_modules/@yarnpkg/cli-dist/bin/yarn.js`, 'node'],
    settings: 'nodeLinker: pnp\nenableTelemetry: false\nenableGlobalCache: false\nenableImmutableInstalls: false\n',
  },
};

/** Makes the project and installs it. sqlite3 is the one compiled here: nothing is compiled again. */
export function install(name, directory, dependencies) {
  const { command, install: args, manifest, settings } = MANAGERS[name];
  mkdirSync(directory, { recursive: true });
  const contents = { private: true, type: 'module', dependencies, ...manifest };
  writeFileSync(`${directory}/package.json`, JSON.stringify(contents, undefined, 2));
  if (settings !== undefined) {
    writeFileSync(`${directory}/.yarnrc.yml`, settings);
    writeFileSync(`${directory}/yarn.lock`, '');
  }
  run([...command, ...args], directory);
  const { resolve } = createRequire(`${root}packages/core/package.json`);
  const binding = `${dirname(resolve('sqlite3/package.json'))}/build/Release/node_sqlite3.node`;
  const sqlite3 = installedSqlite3(name, directory);
  if (sqlite3 === undefined || !existsSync(binding))
    throw new Error(`No place for sqlite3's native part in ${directory}`);
  mkdirSync(`${sqlite3}/build/Release`, { recursive: true });
  copyFileSync(binding, `${sqlite3}/build/Release/node_sqlite3.node`);
}

function installedSqlite3(name, directory) {
  if (name === 'npm') return `${directory}/node_modules/sqlite3`;
  const [parent, prefix] = name === 'pnpm' ? ['node_modules/.pnpm', 'sqlite3@'] : ['.yarn/unplugged', 'sqlite3-'];
  const folder = readdirSync(`${directory}/${parent}`).find((each) => each.startsWith(prefix));
  return folder && `${directory}/${parent}/${folder}/node_modules/sqlite3`;
}

/** The required peers of a package: npm installs them without being asked, other managers want them to be named. */
export function requiredPeers(names) {
  return names
    .filter((name) => name in PACKED)
    .flatMap((name) => {
      const manifest = JSON.parse(readFileSync(`${root}${name.replace('@ferretjs', 'packages')}/package.json`, 'utf8'));
      const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
      return Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    });
}

export function run([file, ...args], cwd, environment = {}) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status}\n${stdout}${stderr}${error?.message ?? ''}`);
}
