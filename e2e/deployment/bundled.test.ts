import { readdirSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import webpack, { type Configuration, type Stats } from 'webpack';
import { runNode } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = `
import { createFerret } from '@ferretjs/core';
const ferret = createFerret({ database: 'ferret.db' });
ferret.measure('work', () => {});
console.log(JSON.stringify((await ferret.close()).ledger));
`;

/** Without the package sqlite3, as where it could not be compiled. */
async function withEsbuild(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, 'bundle.mjs');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    nodePaths: [join(root, 'node_modules')],
    alias: { sqlite3: 'not-installed' },
    logLevel: 'silent',
  });
  return outfile;
}

async function withWebpack(entry: string, folder: string): Promise<string> {
  const configuration: Configuration = {
    mode: 'production',
    target: 'node20',
    entry,
    experiments: { outputModule: true },
    output: { path: folder, filename: 'bundle.mjs', module: true },
    resolve: { modules: [join(root, 'node_modules')], alias: { sqlite3: join(folder, 'not-installed') } },
  };
  const stats = await new Promise<Stats | undefined>((resolve, reject) => {
    webpack(configuration, (error, result) => (error ? reject(error) : resolve(result)));
  });
  expect(stats?.hasErrors(), stats?.toString({ colors: false })).toBe(false);
  return join(folder, 'bundle.mjs');
}

it.each([
  ['esbuild', withEsbuild],
  ['webpack', withWebpack],
])('a bundle by %s, alone in a folder and without sqlite3, records with node:sqlite', async (_name, bundle) => {
  const folder = temporaryDirectory();
  const entry = join(folder, 'entry.mjs');
  writeFileSync(entry, SCRIPT);
  const file = await bundle(entry, folder);
  const { code, out, err } = await runNode([file], { cwd: folder });
  expect(code, err).toBe(0);
  if (isBuiltin('node:sqlite')) {
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({ started: 1, stored: 1 });
  } else {
    expect(err).toMatch(/FerretWarning: Nothing is stored\. .*keep it external/);
    expect(JSON.parse(out)).toMatchObject({ started: 1, dropped: { writeFailed: 1 } });
    expect(readdirSync(folder)).not.toContain('ferret.db');
  }
});
