import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runNode, runProcess } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';
import { expectDegraded, WITHOUT_NODE_SQLITE } from './no-driver.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder with these commands only, as a slim image has them. */
function onlyCommands(...names: string[]): string {
  const folder = temporaryDirectory();
  for (const name of names) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(folder, name));
  }
  return folder;
}

/** Folders of the packages that these need, themselves included. */
function withDependencies(...names: string[]): Set<string> {
  const found = new Set(names);
  for (const name of found) {
    const { dependencies } = JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), 'utf8'));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@ferretjs/')) found.add(dependency.slice('@ferretjs/'.length));
    }
  }
  return found;
}

/** An application with the packages as npm would publish them. */
async function install(environment: NodeJS.ProcessEnv, ...options: string[]) {
  const folder = temporaryDirectory();
  const packs = join(folder, 'packs');
  mkdirSync(packs);
  const workspaces = [...withDependencies('express', 'cli')].flatMap((name) => ['-w', `packages/${name}`]);
  const packed = await runProcess('npm', ['pack', '--silent', '--pack-destination', packs, ...workspaces], {
    cwd: root,
  });
  expect(packed.code, packed.err).toBe(0);
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "private": true }');
  copyFileSync(join(root, 'e2e/apps/no-driver.cjs'), join(app, 'app.cjs'));
  const tarballs = readdirSync(packs).map((name) => join(packs, name));
  const args = ['install', '--no-audit', '--no-fund', ...options, ...tarballs, 'express@5'];
  const { code, err } = await runProcess('npm', args, { cwd: app, env: environment });
  expect(code, err).toBe(0);
  return app;
}

it.each([
  ['P9', 'without a compiler or a prebuilt binary', [], 'is not installed'],
  ['P10', 'without install scripts', ['--ignore-scripts'], 'its install script has not run'],
] as const)('%s: an install %s succeeds, and the application runs', async (_id, _name, options, why) => {
  const app = await install({ PATH: onlyCommands('node', 'npm', 'sh', 'env', 'uname') }, ...options);
  // As under `node app.cjs`, whatever runs these tests.
  const as = { cwd: app, env: { npm_config_user_agent: '' } };
  const output = await runNode([...WITHOUT_NODE_SQLITE, 'app.cjs'], as);
  expectDegraded(output, why);
  expect(readdirSync(app)).not.toContain('ferret.db');
  const ferret = join(app, 'node_modules/@ferretjs/cli/bin/ferret.js');
  const doctor = await runNode([...WITHOUT_NODE_SQLITE, ferret, 'doctor'], as);
  expect(doctor.err).toContain(why);
  expect(doctor.code).toBe(1);
});
