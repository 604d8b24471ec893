// Installs packages that a test needs and users of the project do not: into a folder of their own, outside the
// lockfile.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Installs packages in exact versions, once. No install script runs.
 *
 * @returns {string} their `node_modules`
 * @throws {Error} with npm's first line, where they cannot be installed
 */
export function installApart(directory, packages) {
  const complete = `${directory}/${packages.join('+').replaceAll('/', '_')}`;
  if (!existsSync(complete)) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { status, stderr, error } = spawnSync('npm', ['install', '--prefix', directory, ...options, ...packages], {
      cwd: directory,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(error?.message ?? stderr.trim().split('\n')[0]);
    writeFileSync(complete, '');
  }
  return `${directory}/node_modules`;
}
