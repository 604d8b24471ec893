// npm run docs [-- --check], after npm run build: writes the table of libraries in the README from what instrument()
// returns; --check only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instrument } from '../dist/esm/index.js';

const path = fileURLToPath(new URL('../README.md', import.meta.url));
const BEGIN = '<!-- coverage: npm run docs -->';
const END = '<!-- /coverage -->';

const WORDS = { channel: 'its own channel', hook: 'a hook on one file' };

function rowsOf({ library, ways }) {
  return ways.map(({ how, package: name, versions, part }) =>
    how === 'node'
      ? [`\`${library}\``, `Node's ${part}`, '20 and newer', 'Node']
      : [`\`${library}\``, name, `\`${versions}\``, WORDS[how]],
  );
}

const rows = [
  ['name', 'package', 'versions', 'seen by'],
  ['---', '---', '---', '---'],
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
