// Bundles what instruments into one file for each module format: it is loaded before every application, and a hundred
// small files take five times as long. tsc writes the declarations. Of Ferret's packages, those with state of their own
// stay outside: a process has each once.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/.$/, '');

/** Part of the bundle: this package, and what it sees Nest by, which needs no Nest. */
const BUNDLED = /^(\.|\/|@ferretjs\/nest\/container$)/;

const externals = {
  name: 'externals',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
      if (kind === 'entry-point') return undefined;
      // register.js is a few lines above index.js.
      const isEntry = path === './index.js' && importer.endsWith('/register.ts');
      return isEntry || !BUNDLED.test(path) ? { path, external: true } : undefined;
    });
  },
};

/** Writes the code below packages/auto/dist, from the sources of this package and the build of `@ferretjs/nest`. */
export async function bundle() {
  for (const format of ['esm', 'cjs']) {
    await build({
      absWorkingDir: root,
      entryPoints: ['src/index.ts', 'src/register.ts'],
      outdir: `dist/${format}`,
      bundle: true,
      format,
      platform: 'node',
      target: 'node20.19',
      conditions: [format === 'esm' ? 'import' : 'require'],
      logLevel: 'warning',
      plugins: [externals],
    });
  }
}
