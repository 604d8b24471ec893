// A28. Applications with versions of their own: npm must find a tree in which Ferret uses theirs, and bring no
// framework that they do not have. Nothing is installed: npm writes the lockfile only.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKED, run } from '../readmes/managers.mjs';

const nest = (version, platform, platformVersion = version) => ({
  '@nestjs/common': version,
  '@nestjs/core': version,
  [`@nestjs/platform-${platform}`]: platformVersion,
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
});

/**
 * An application's dependencies, the package of Ferret's that it adds, and the versions of Express that it has then.
 */
const CASES = [
  [{ express: '4.17.0' }, '@ferretjs/express', ['4.17.0']],
  [{ express: '4.22.3' }, '@ferretjs/express', ['4.22.3']],
  [{ express: '5.0.0' }, '@ferretjs/express', ['5.0.0']],
  [{ express: '5.1.0' }, '@ferretjs/express', ['5.1.0']],
  [{}, '@ferretjs/express', []],
  [{}, '@ferretjs/core', []],
  [{ ...nest('12.5.1', 'fastify', '12.5.0') }, '@ferretjs/nest', []],
  [{ ...nest('11.2.10', 'fastify', '11.2.8') }, '@ferretjs/nest', []],
  [{ ...nest('11.0.1', 'express'), express: '5.0.1' }, '@ferretjs/nest', ['5.0.1']],
  [{ ...nest('11.1.0', 'express'), express: '5.1.0' }, '@ferretjs/nest', ['5.1.0']],
  [{ express: '5.1.0', ...nest('12.5.1', 'fastify', '12.5.0') }, '@ferretjs/nest', ['5.1.0']],
];

const problems = [];
for (const [dependencies, added, expected] of CASES) {
  const title = `${added} beside ${
    Object.entries(dependencies)
      .map((each) => each.join('@'))
      .join(', ') || 'nothing'
  }`;
  try {
    assert.deepEqual(expressIn(dependencies, added), expected);
    console.log(`ok: ${title}`);
  } catch (error) {
    problems.push(`${title}\n${error.message}`);
  }
}
console.error(problems.join('\n\n'));
process.exitCode = problems.length === 0 ? 0 : 1;

/** The versions of Express in the tree that npm resolves. */
function expressIn(dependencies, added) {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-peers-'));
  try {
    const manifest = {
      private: true,
      dependencies: { ...dependencies, [added]: PACKED[added] },
      overrides: PACKED,
    };
    writeFileSync(`${directory}/package.json`, JSON.stringify(manifest));
    const resolveOnly = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
    run(['npm', 'install', ...resolveOnly], directory);
    const { packages } = JSON.parse(readFileSync(`${directory}/package-lock.json`, 'utf8'));
    return Object.entries(packages)
      .filter(([path]) => path.endsWith('node_modules/express'))
      .map(([, { version }]) => version);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
