import { copyFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { installApart } from '../../scripts/install-apart.mjs';
import { installNode } from '../../scripts/node-matrix.mjs';
import { query } from '../database.js';
import { type Ended, runProcess } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, '.cache');
/** An Express service that answers one request, prints what it has stored, and ends. */
const APP = join(root, 'e2e/apps/no-driver.cjs');

const toolsOf = () => installApart(`${cache}/bundlers`, ['@vercel/ncc@0.45.0', 'postject@1.0.0-alpha.6']);

async function runTool(command: string, args: readonly string[], folder: string): Promise<void> {
  const { code, out, err } = await runProcess(command, args, { cwd: folder });
  expect(code, out + err).toBe(0);
}

async function expectStored({ code, out, err }: Ended, folder: string): Promise<void> {
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ body: '1', ledger: { started: 1, stored: 1, pending: 0 } });
  expect(readdirSync(folder).filter((name) => name.startsWith('ferret.db'))).toEqual(['ferret.db']);
  expect(await query(join(folder, 'ferret.db'), 'SELECT name FROM ferret_spans_v1')).toEqual([{ name: 'GET /x' }]);
}

/** npm has the binaries of other Nodes for this platform. */
const NODES: readonly (24 | 26)[] = process.platform === 'linux' && process.arch === 'x64' ? [24, 26] : [];

it('a bundle by ncc, alone in a folder, takes the native part of sqlite3 along and records on every Node', async () => {
  const [source, folder] = [temporaryDirectory(), temporaryDirectory()];
  copyFileSync(APP, join(source, 'app.cjs'));
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'));
  const ncc = join(toolsOf(), '@vercel/ncc/dist/ncc/cli.js');
  await runTool(process.execPath, [ncc, 'build', 'app.cjs', '--minify', '--out', folder], source);
  for (const node of [process.execPath, ...NODES.map((major) => installNode(major, cache))]) {
    const place = temporaryDirectory();
    await expectStored(await runProcess(node, [join(folder, 'index.cjs')], { cwd: place }), place);
  }
});

/** @returns the executable in a folder of its own */
async function makeExecutable(major: 24 | 26): Promise<string> {
  const [source, folder] = [temporaryDirectory(), temporaryDirectory()];
  const executable = join(folder, 'app');
  await build({
    entryPoints: [APP],
    outfile: join(source, 'bundle.cjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    external: ['sqlite3'],
    nodePaths: [join(root, 'node_modules')],
    logLevel: 'silent',
  });
  const node = installNode(major, cache);
  const output = major === 24 ? 'app.blob' : executable;
  const config = { main: 'bundle.cjs', output, disableExperimentalSEAWarning: true };
  writeFileSync(join(source, 'sea.json'), JSON.stringify(config));
  if (major === 24) {
    await runTool(node, ['--experimental-sea-config', 'sea.json'], source);
    copyFileSync(node, executable);
    // Named in Node's documentation of single executable applications.
    const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
    const postject = join(toolsOf(), 'postject/dist/cli.js');
    const args = [postject, executable, 'NODE_SEA_BLOB', 'app.blob', '--sentinel-fuse', fuse];
    await runTool(process.execPath, args, source);
  } else {
    await runTool(node, ['--build-sea=sea.json'], source);
  }
  return executable;
}

it.each(NODES)('a single executable of Node %i, alone in a folder, records with node:sqlite', async (major) => {
  const executable = await makeExecutable(major);
  const folder = join(executable, '..');
  await expectStored(await runProcess(executable, [], { cwd: folder }), folder);
});
