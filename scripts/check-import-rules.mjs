// Shows that every rule of .dependency-cruiser.cjs bites: a tree that breaks each of them once, and no rule silent.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

/** A file that imports the others, written as paths from the root. */
const files = {
  ...breakingRooms(
    'attributes',
    'trace',
    'statistics',
    'sampling',
    'sql',
    'http',
    'sink',
    'pipeline',
    'process',
    'spill',
  ),
  ...breakingRooms('testing'),
  ...breakingRooms('sqlite/file', 'sqlite/store', 'sqlite/retention', 'sqlite/recovery'),
  'packages/core/src/ferret/ferret.ts': [],
  'packages/core/src/sqlite/reader/b.ts': [
    '../../http/b.js',
    '../../ferret/ferret.js',
    '../../testing/b.js',
    'express',
  ],
  'packages/core/src/trace/missing.ts': ['./nowhere.js'],
  'packages/core/src/trace/circle.ts': ['../statistics/circle.js'],
  'packages/core/src/statistics/circle.ts': ['../trace/circle.js'],
  'packages/core/src/orphan.ts': [],
  'packages/express/src/index.ts': ['../../core/src/reader.js', '../../core/src/index.js', 'express'],
  'node_modules/express/index.js': [],
  'packages/koa/src/index.ts': ['../../core/src/reader.js'],
  'packages/nest/src/index.ts': ['../../core/src/reader.js'],
  'packages/auto/src/index.ts': ['../../core/src/reader.js', '../../express/src/index.js'],
  'packages/opentelemetry/src/index.ts': ['../../core/src/reader.js'],
  'packages/core/src/reader.ts': [],
  'packages/core/src/index.ts': [],
  'packages/cli/src/main.ts': ['../../core/src/index.js'],
  'packages/queries/src/index.ts': ['../../core/src/reader.js', '../../core/src/index.js'],
  'bench/b.mjs': ['../packages/core/src/reader.js'],
};

/** A file in each of these folders of core that imports the composition root, which none of them may. */
function breakingRooms(...names) {
  return Object.fromEntries(
    names.map((name) => [
      `packages/core/src/${name}/b.ts`,
      [`${name.replace(/[^/]+/g, '..')}/ferret/ferret.js`, `${name.replace(/[^/]+/g, '..')}/trace/missing.js`],
    ]),
  );
}

const tree = mkdtempSync(join(tmpdir(), 'ferret-rules-'));
try {
  for (const [path, imports] of Object.entries(files)) {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${imports.map((name) => `import '${name}';`).join('\n')}\n`);
  }
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.check.json', 'tsconfig.base.json'])
    cpSync(join(root, name), join(tree, name));
  const { stdout } = spawnSync(
    process.execPath,
    [
      `${root}/node_modules/dependency-cruiser/bin/dependency-cruise.mjs`,
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'packages',
      'bench',
    ],
    { cwd: tree, encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  const broken = new Set(JSON.parse(stdout).summary.violations.map(({ rule }) => rule.name));
  const silent = forbidden.map(({ name }) => name).filter((name) => !broken.has(name));
  if (silent.length > 0) throw new Error(`These import rules do not bite: ${silent.join(', ')}`);
  console.log(`All ${forbidden.length} import rules bite.`);
} finally {
  rmSync(tree, { recursive: true });
}
