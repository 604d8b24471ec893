// The READMEs as a newcomer follows them: the install line, then the code below it.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {{ names: string[], packages: string[], blocks: { language: 'js' | 'ts', text: string }[] }} Project */

/** @returns {Project[]} the code of all READMEs, that of one install line in one project */
export function projects() {
  const readmes = [
    'README.md',
    ...readdirSync(`${root}packages`, { recursive: true, encoding: 'utf8' })
      .filter((path) => /^\w+\/README\.md$/.test(path))
      .map((path) => `packages/${path}`),
  ];
  const byPackages = new Map();
  for (const name of readmes) {
    for (const { packages, ...block } of blocks(readFileSync(`${root}${name}`, 'utf8'), name)) {
      const key = packages.join(' ');
      const project = byPackages.get(key) ?? { names: [], packages, blocks: [] };
      byPackages.set(key, project);
      if (!project.names.includes(name)) project.names.push(name);
      project.blocks.push(block);
    }
  }
  return [...byPackages.values()];
}

/** Each block of code, with the packages that the lines above it install. */
function blocks(markdown, name) {
  const packages = new Set();
  const found = [];
  for (const [, language, text] of markdown.matchAll(/^```(sh|js|ts)\n(.*?)^```/gms)) {
    if (language !== 'sh') {
      if (packages.size === 0) throw new Error(`${name} has code, and no line above that installs what it needs`);
      found.push({ language, text, packages: [...packages] });
      continue;
    }
    for (const [, names] of text.matchAll(/npm install(?: --save-dev)? ([^&#\n]+)/g)) {
      for (const each of names.trim().split(/\s+/)) packages.add(each);
    }
  }
  return found;
}
