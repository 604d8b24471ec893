// npm run build [-- --clean]: two passes of tsc for libraries (ES modules and CommonJS). What has to start soon, the
// CLI and @ferretjs/auto, is bundled by esbuild; tsc checks it, and writes declarations.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {Promise<boolean>} whether it went well */
export async function build() {
  const packages = readdirSync(`${root}/packages`);
  if (process.argv.includes('--clean')) {
    for (const path of packages.flatMap((name) => [`${name}/dist`, `${name}/.types`])) {
      rmSync(`${root}/packages/${path}`, { recursive: true, force: true });
    }
  }
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--build'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) return false;
  for (const name of packages) {
    const cjs = `${root}/packages/${name}/dist/cjs`;
    // The package says "type": "module"; this folder of it is the other kind.
    if (existsSync(cjs)) writeFileSync(`${cjs}/package.json`, '{"type":"commonjs"}\n');
  }
  // Loaded once there is something to bundle.
  for (const name of ['auto', 'cli']) {
    const { bundle } = await import(`../packages/${name}/scripts/bundle.mjs`);
    await bundle();
  }
  putBesideNest11();
  return true;
}

/**
 * Puts what was built beside the Nest 11 of the tests, as npm would. A link would not do: Node looks for a package's
 * dependencies from where the link leads, and finds Nest 12 there.
 */
function putBesideNest11() {
  const modules = `${root}/versions/nest-11/node_modules`;
  if (!existsSync(modules)) return;
  for (const name of ['core', 'express', 'nest']) {
    const place = `${modules}/@ferretjs/${name}`;
    rmSync(place, { recursive: true, force: true });
    for (const part of ['package.json', 'dist']) {
      cpSync(`${root}/packages/${name}/${part}`, `${place}/${part}`, { recursive: true });
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href && !(await build())) process.exitCode = 1;
