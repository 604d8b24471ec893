// P12. run.mjs <npm | pnpm | yarn>: every block of code in every README, in a project that has what the install line
// above it installs. Blocks of TypeScript are compiled, strictly; all are run, and a server among them has to answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, MANAGERS, PACKED, requiredPeers, run } from './managers.mjs';
import { projects } from './readmes.mjs';

const manager = process.argv[2];
const preload = fileURLToPath(new URL('preload.mjs', import.meta.url));
const { node } = MANAGERS[manager];

/** Dependencies of a TypeScript project. */
const TYPESCRIPT = { typescript: '6.0.3', '@types/node': '20.19.43' };
/** Dependencies of an app made by `nest new` beside Ferret's peers. */
const NEST = { '@nestjs/platform-express': '12.5.1', 'reflect-metadata': '0.2.2' };
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    lib: ['es2023', 'esnext.disposable'],
    experimentalDecorators: true,
  },
  include: ['*.ts'],
};

const problems = [];
for (const project of projects()) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-readme-'));
  try {
    check(project, directory);
  } catch (error) {
    problems.push(`${project.names.join(', ')}: ${error.message}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
console.error(problems.join('\n\n'));
process.exitCode = problems.length === 0 ? 0 : 1;

function check({ names, packages, blocks }, directory) {
  const isTypescript = blocks.some(({ language }) => language === 'ts');
  const peers = manager === 'npm' ? [] : requiredPeers(packages);
  install(manager, directory, {
    ...Object.fromEntries([...peers, ...packages].map((name) => [name, PACKED[name] ?? '*'])),
    ...(isTypescript ? TYPESCRIPT : {}),
    ...(packages.includes('@ferretjs/nest') ? NEST : {}),
  });
  for (const [index, { language, text }] of blocks.entries()) {
    writeFileSync(`${directory}/block-${index}.${language}`, `${text}\nexport {};\n`);
  }
  if (isTypescript) {
    writeFileSync(`${directory}/tsconfig.json`, JSON.stringify(TSCONFIG));
    const tsc = manager === 'yarn' ? [...node.slice(0, -1), 'tsc'] : [...node, 'node_modules/typescript/bin/tsc'];
    run(tsc, directory);
  }
  for (const [index] of blocks.entries()) {
    run([...node, '--import', preload, `block-${index}.js`], directory, { FERRET_DATABASE: `${directory}/ferret.db` });
  }
  console.log(`${manager}: ${blocks.length} blocks of ${names.join(', ')}`);
}
