import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [file('index.mjs')],
  outfile: file('dist/esbuild.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // Its binding is no JavaScript: it stays a package that is installed.
  external: ['sqlite3'],
});
