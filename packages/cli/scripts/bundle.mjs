// Bundles the command, so that it starts soon: one small file, one with the commands, and a chunk for the work of each
// command. `npm run bench -- startup` says what a start costs above an empty Node. Three things make the difference:
// - CommonJS: the loader of ES modules costs each start as much as reading a file of spans. esbuild splits ES modules
//   only, so the chunks are made as such and converted one by one.
// - Few files. commander and picocolors, which every start needs, are bundled too; dist/LICENSES.txt has their
//   licences.
// - Modules of Node that a start seldom needs are loaded by their first use.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/.$/, '');
const target = { platform: 'node', target: 'node20.19' };

/** Bundled: this package, Ferret's others, and these two. All else stays a dependency. */
const BUNDLED = /^(\.|\/|@ferretjs\/|(commander|picocolors)$)/;

/** Loaded by their first use. Each is used by its properties only, and none of those needs `this`. */
const LAZY_MODULES = ['child_process', 'crypto', 'module', 'os', 'timers/promises', 'worker_threads', 'zlib'];

/** `var os = require("node:os");`, in any of the forms that esbuild writes. */
const LAZY = new RegExp(`^(\\s*var \\w+ = )(\\S*(?:, \\S+\\))?\\("node:(?:${LAZY_MODULES.join('|')})"\\)+);$`, 'gm');

const HELPER =
  'const LAZY = (load) => { let it; return new Proxy({}, { get: (_, name) => (it ??= load())[name] }); };\n';
const MODULE_URL = "const MODULE_URL = require('node:url').pathToFileURL(__filename).href;\n";

const externals = {
  name: 'externals',
  setup: ({ onResolve }) =>
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === 'entry-point' || BUNDLED.test(path) ? undefined : { path, external: true },
    ),
};

/** Writes packages/cli/dist, from the sources of this package and the builds of the others. */
export async function bundle() {
  const { outputFiles, metafile } = await build({
    ...target,
    absWorkingDir: root,
    entryPoints: ['src/ferret.ts', 'src/program.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [externals],
  });
  rmSync(`${root}/dist`, { recursive: true, force: true });
  mkdirSync(`${root}/dist`);
  for (const { path, text } of outputFiles) writeFileSync(`${root}/dist/${basename(path)}`, await toCommonJs(text));
  // The package says "type": "module"; this folder of it is the other kind.
  writeFileSync(`${root}/dist/package.json`, '{"type":"commonjs"}\n');
  writeFileSync(`${root}/dist/LICENSES.txt`, licencesOf(Object.keys(metafile.inputs)));
}

async function toCommonJs(text) {
  const { code } = await transform(text, {
    ...target,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'MODULE_URL' },
  });
  const lazy = code.replaceAll(LAZY, '$1LAZY(() => $2);');
  const head = `${lazy === code ? '' : HELPER}${lazy.includes('MODULE_URL') ? MODULE_URL : ''}`;
  // Without comments and blanks, half is left to read and parse. Names stay, for the stacks that NODE_DEBUG=ferret
  // shows.
  const small = await transform(`${head}${lazy}`, {
    ...target,
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
  });
  return small.code;
}

/** The licences of the packages of others that files were bundled from. */
function licencesOf(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...folders]
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'));
      return `${name} ${version}\n\n${readFileSync(`${root}/${folder}/LICENSE`, 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
