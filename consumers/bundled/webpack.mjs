import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import webpack from 'webpack';

const stats = await promisify(webpack)({
  mode: 'production',
  target: 'node20',
  entry: fileURLToPath(new URL('index.mjs', import.meta.url)),
  output: { path: fileURLToPath(new URL('dist', import.meta.url)), filename: 'webpack.cjs' },
  // Its binding is no JavaScript: it stays a package that is installed.
  externals: { sqlite3: 'commonjs sqlite3' },
});
if (stats.hasErrors()) throw new Error(stats.toString({ colors: false }));
