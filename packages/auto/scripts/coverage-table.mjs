// npm run docs [-- --check], after npm run build: writes the table of libraries in the README from what instrument()
// returns; --check only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instrument } from '../dist/esm/index.js';

const path = fileURLToPath(new URL('../README.md', import.meta.url));
const BEGIN = '<!-- coverage: npm run docs -->';
const END = '<!-- /coverage -->';

const WORDS = { channel: 'its own channel', hook: 'a hook on one file' };

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The packages that the tests install, with their versions: `"pg-8-11": "npm:pg@8.11.6"` is one of pg. */
const tested = ['e2e', ...readdirSync(`${root}/versions`).map((name) => `versions/${name}`)].flatMap((folder) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'));
  return Object.entries({ ...dependencies, ...devDependencies }).map(([name, version]) => {
    const [, alias = name, exact = version] = /^npm:(.+)@(.+)$/.exec(version) ?? [];
    return { name: alias, version: exact };
  });
});

// Below pg and mssql, whose tests run them; and Prisma, which its test installs apart.
const { packages } = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'));
for (const [path, { version }] of Object.entries(packages)) {
  const name = path.replace(/^.*node_modules\//, '');
  if (name === 'pg-pool' || name === 'tedious') tested.push({ name, version });
}
const prisma = readFileSync(`${root}/e2e/databases/prisma.slow.test.ts`, 'utf8');
tested.push({ name: '@prisma/client', version: /VERSION = '([^']+)'/.exec(prisma)?.[1] ?? '' });

const partsOf = (version) => version.split('.').map(Number);

/** Negative where the first version is the older one. */
function compare(first, second) {
  const [a, b] = [partsOf(first), partsOf(second)];
  const at = [0, 1, 2].find((index) => (a[index] ?? 0) !== (b[index] ?? 0));
  return at === undefined ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** The versions within `>=5 <6` that a test runs, the newest first. */
function testedVersions(name, versions) {
  const bounds = versions.split(' ').map((bound) => [bound.replace(/[\d.]+$/, ''), bound.replace(/^[<>=]+/, '')]);
  const fits = (version) =>
    bounds.every(([is, bound]) => (is === '<' ? compare(version, bound) < 0 : compare(version, bound) >= 0));
  const found = new Set(
    tested.filter((each) => each.name === name && fits(each.version)).map(({ version }) => version),
  );
  return [...found].sort((a, b) => compare(b, a)).join(', ') || 'not in a test';
}

function rowsOf({ library, ways }) {
  return ways.map(({ how, package: name, versions, part }) =>
    how === 'node'
      ? [`\`${library}\``, `Node's ${part}`, '20 and newer', '20, 22, 24, 26', 'Node']
      : [`\`${library}\``, name, `\`${versions}\``, testedVersions(name, versions), WORDS[how]],
  );
}

const rows = [
  ['name', 'package', 'versions', 'tested with', 'seen by'],
  ['---', '---', '---', '---', '---'],
  ...instrument({}).flatMap(rowsOf),
];
// A library with several files that are patched is one row.
const table = [...new Set(rows.map((cells) => `| ${cells.join(' | ')} |`))].join('\n');
const readme = readFileSync(path, 'utf8');
const [before, rest] = readme.split(BEGIN);
const written = `${before}${BEGIN}\n\n${table}\n\n${END}${rest.split(END)[1]}`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, written);
} else if (written !== readme) {
  console.error('The table in packages/auto/README.md is not what instrument() returns. Run: npm run docs');
  process.exitCode = 1;
}
