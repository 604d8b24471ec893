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
  'packages/core/src/trace/a.ts': ['../pipeline/b.js'],
  'packages/core/src/statistics/d.ts': ['../trace/a.js', '../http/c.js'],
  'packages/core/src/sampling/e.ts': ['../pipeline/b.js'],
  'packages/core/src/pipeline/b.ts': ['../sqlite/reader/file-reader.js', '../trace/a.js'],
  'packages/core/src/http/c.ts': ['../pipeline/b.js', './missing.js'],
  'packages/core/src/sqlite/reader/file-reader.ts': [
    '../../http/c.js',
    '../../trace/a.js',
    '../../ferret/ferret-instance.js',
    'express',
  ],
  'packages/core/src/attributes/f.ts': ['../http/c.js'],
  'packages/core/src/sink/g.ts': ['../http/c.js'],
  'packages/core/src/process/h.ts': ['../http/c.js'],
  'packages/core/src/spill/i.ts': ['../http/c.js'],
  'packages/core/src/ferret/ferret-instance.ts': [],
  'packages/core/src/orphan.ts': [],
  'packages/express/src/index.ts': ['../../core/src/reader.js', '../../core/src/index.js', 'express'],
  'node_modules/express/index.js': [],
  'packages/koa/src/index.ts': ['../../core/src/reader.js'],
  'packages/nest/src/index.ts': ['../../core/src/reader.js'],
  'packages/core/src/reader.ts': [],
  'packages/core/src/index.ts': [],
  'packages/cli/src/main.ts': ['../../core/src/index.js'],
};

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
