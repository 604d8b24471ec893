import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { expectDegraded, run, WITHOUT_NODE_SQLITE } from './no-driver.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder with these commands only, as a slim image has them. */
function onlyCommands(...names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferret-bin-'));
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
  const folder = mkdtempSync(join(tmpdir(), 'ferret-install-'));
  const packs = join(folder, 'packs');
  mkdirSync(packs);
  const workspaces = [...withDependencies('express', 'cli')].flatMap((name) => ['-w', `packages/${name}`]);
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', packs, ...workspaces], root);
  expect(packed.code, packed.stderr).toBe(0);
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "private": true }');
  copyFileSync(join(root, 'e2e/apps/no-driver.cjs'), join(app, 'app.cjs'));
  const tarballs = readdirSync(packs).map((name) => join(packs, name));
  const args = ['install', '--no-audit', '--no-fund', ...options, ...tarballs, 'express@5'];
  const { code, stderr } = await run('npm', args, app, environment);
  expect(code, stderr).toBe(0);
  return app;
}

it.each([
  ['P9', 'without a compiler or a prebuilt binary', [], 'is not installed'],
  ['P10', 'without install scripts', ['--ignore-scripts'], 'its install script has not run'],
] as const)('%s: an install %s succeeds, and the application runs', async (_id, _name, options, why) => {
  const app = await install({ PATH: onlyCommands('node', 'npm', 'sh', 'env', 'uname') }, ...options);
  // As under `node app.cjs`, whatever runs these tests.
  const environment = { npm_config_user_agent: '' };
  const output = await run(process.execPath, [...WITHOUT_NODE_SQLITE, 'app.cjs'], app, environment);
  expectDegraded(output, why);
  expect(readdirSync(app)).not.toContain('ferret.db');
  const ferret = join(app, 'node_modules/@ferretjs/cli/bin/ferret.js');
  const doctor = await run(process.execPath, [...WITHOUT_NODE_SQLITE, ferret, 'doctor'], app, environment);
  expect(doctor.stderr).toContain(why);
  expect(doctor.code).toBe(1);
});
