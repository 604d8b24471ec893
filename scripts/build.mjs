// npm run build [-- --clean]: two passes of tsc for core and the adapters (ES modules and CommonJS), one for the CLI.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {boolean} whether it went well */
export function build() {
  const packages = readdirSync(`${root}/packages`);
  if (process.argv.includes('--clean')) {
    for (const name of packages) rmSync(`${root}/packages/${name}/dist`, { recursive: true, force: true });
  }
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--build'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) return false;
  for (const name of packages) {
    const dist = `${root}/packages/${name}/dist`;
    // The package says "type": "module"; this folder of it is the other kind.
    if (readdirSync(dist).includes('cjs')) writeFileSync(`${dist}/cjs/package.json`, '{"type":"commonjs"}\n');
  }
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href && !build()) process.exitCode = 1;
