import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const named = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/node_modules|dist|CHANGELOG/.test(name))
    .map((name) => join(folder, name));

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['docs', 'packages', 'examples', 'bench', 'e2e'].flatMap(named),
].filter((name, index, all) => all.indexOf(name) === index && existsSync(join(root, name)));

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('R25: names in documents', () => {
  it.each(documents)('%s links to files that are there', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
  });

  it.each(documents)('%s names scripts that are there', (path) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const names = [...read(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    const local = existsSync(join(root, dirname(path), 'package.json'))
      ? (JSON.parse(read(join(dirname(path), 'package.json'))) as { scripts?: Record<string, string> }).scripts
      : {};
    expect(names.filter((name) => !(name in scripts) && !(name in (local ?? {})))).toEqual([]);
    const files = [...read(path).matchAll(/(?<![\w/])(?:scripts|e2e|bench|docs)\/[\w./-]+\.(?:mjs|ts|md|json)\b/g)].map(
      ([name]) => name,
    );
    expect(
      files.filter((name) => !existsSync(join(root, name)) && !existsSync(join(root, dirname(path), name))),
    ).toEqual([]);
  });

  it.each(documents)('%s names files of the code that are there', (path) => {
    const names = [...read(path).matchAll(/`((?:[\w-]+\/)+[\w.-]+\.ts)`/g)].map(([, name = '']) => name);
    const places = [
      '',
      'packages/core/src',
      dirname(path),
      ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`),
    ];
    expect(names.filter((name) => places.every((place) => !existsSync(join(root, place, name))))).toEqual([]);
  });

  it('the import rules name the script that tests them', () => {
    const [, script = ''] = /(scripts\/[\w.-]+)/.exec(read('.dependency-cruiser.cjs')) ?? [];
    expect(existsSync(join(root, script))).toBe(true);
  });

  it('every number behind FAULTS in a test is a case of the list', () => {
    const cases = JSON.parse(read('e2e/faults/cases.json')) as Record<string, string>;
    const tests = ['packages', 'e2e'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts') && !/node_modules|dist/.test(name))
        .map((name) => join(folder, name)),
    );
    const unknown = tests.flatMap((path) =>
      [...read(path).matchAll(/FAULTS (\d+)/g)]
        .filter(([, number = '']) => !(number in cases))
        .map(([text]) => `${path}: ${text}`),
    );
    expect(unknown).toEqual([]);
  });

  it('R7: no document has npx fetch a package that is not ours', () => {
    const unsafe = documents.filter((path) =>
      /npx ferret\b/.test(read(path).replaceAll('Do not type `npx ferret`', '')),
    );
    expect(unsafe).toEqual([]);
  });
});

/** Promises of a document, and the tests that would fail if they were not kept: file, and the beginning of a title. */
const PROMISES: readonly [document: string, words: string, ...tests: [file: string, title: string][]][] = [
  [
    'README.md',
    'Same status, headers and bodies',
    ['packages/koa/src/transparent.test.ts', 'A1:'],
    ['packages/express/src/transparent.test.ts', 'A8:'],
    ['packages/express/src/settings.test.ts', 'A7:'],
    ['packages/core/src/trace/settle.test.ts', 'A23:'],
  ],
  ['README.md', 'same exit code and signal', ['e2e/deployment/worker-threads.test.ts', 'P3:']],
  ['README.md', 'does not hold the process open', ['e2e/deployment/jest.test.ts', 'P2:']],
  [
    'README.md',
    'drain the queue, your own handlers or not',
    ['packages/core/src/pipeline/pipeline-spill.test.ts', 'P5:'],
    ['packages/core/src/pipeline/pipeline-spill.test.ts', 'P6:'],
  ],
  ['README.md', 'It is bounded', ['packages/core/src/ferret/bytes-held.test.ts', 'K5:']],
  ['README.md', 'mode 0600', ['packages/core/src/sqlite/file/private-file.test.ts', 'P22:']],
  ['docs/operations.md', 'at most after a checkpoint', ['packages/core/src/sqlite/file/wal.test.ts', 'P18:']],
  ['docs/operations.md', 'Ferret in a worker thread writes', ['e2e/deployment/worker-threads.test.ts', 'P3:']],
  [
    'SECURITY.md',
    'Nothing that callers send decides what is kept',
    ['packages/core/src/sampling/budget.property.test.ts', 'K4:'],
  ],
  [
    'docs/sampling.md',
    'is how many spans are kept a second',
    ['packages/core/src/sampling/budget.property.test.ts', 'K3:'],
    ['e2e/sampling/attack.test.ts', 'K3:'],
  ],
  ['docs/sampling.md', 'within 10 %', ['packages/core/src/sampling/weights.property.test.ts', 'K6:']],
  ['packages/nest/README.md', 'nor anything measured in it', ['packages/nest/src/nest.test.ts', 'A26:']],
  ['packages/nest/package.json', '"^11.0.0 || ^12.0.0"', ['packages/nest/src/start.test.ts', 'A22:']],
  ['packages/cli/README.md', 'only a change of 24 times', ['packages/queries/src/diff/wander.test.ts', 'R5:']],
  ['packages/cli/README.md', 'is an error', ['packages/queries/src/diff/fail-on.test.ts', 'R2:']],
];

describe('R25: what a document promises', () => {
  it.each(PROMISES.map(([document, words, ...tests]) => ({ document, words, tests })))(
    '$document: "$words"',
    (promise) => {
      const { document, words, tests } = promise;
      expect(read(document).replace(/\s+/g, ' ')).toContain(words);
      for (const [file, title] of tests) expect(read(file), file).toContain(`'${title} `);
    },
  );

  it('no package ships a file that nobody makes', () => {
    const packages = readdirSync(join(root, 'packages'));
    // Lerna writes the changelog when it publishes, and the build writes dist.
    const made = new Set([
      'dist',
      'CHANGELOG.md',
      ...(read('lerna.json').includes('conventionalCommits') ? [] : ['!']),
    ]);
    for (const name of packages) {
      const { files } = JSON.parse(read(join('packages', name, 'package.json'))) as { files: string[] };
      const missing = files.filter((file) => {
        const [top = ''] = file.replace(/^!/, '').split('/');
        return !made.has(top) && !existsSync(join(root, 'packages', name, top));
      });
      expect(missing, name).toEqual([]);
    }
  });

  it('R24: every package says what it is installed with, and no word is left that readers stumbled over', () => {
    const stumbles = [
      'goes first',
      'all that goes first',
      'hears of trouble',
      'A function you gave',
      'leaves over',
      'sees to it',
      'nothing in flight that is known of',
      'No span is like that',
      'what is measured in one that is ignored',
      'in the middle of what',
      'look there',
    ];
    const sources = ['packages/cli/src', 'packages/queries/src'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => join(folder, name)),
    );
    const left = [...documents, ...sources].flatMap((path) => {
      const text = read(path).replace(/\s+/g, ' ');
      return stumbles.filter((words) => text.includes(words)).map((words) => `${path}: ${words}`);
    });
    expect(left).toEqual([]);
    expect(read('packages/express/README.md')).toContain('npm install express #');
    expect(read('packages/koa/README.md')).toContain('npm install koa @koa/router #');
  });
});
