import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { explainMissingDriver, findInstaller, type Installer } from './missing-driver.js';

const failure = (code: string | undefined, message: string) => Object.assign(new Error(message), code && { code });
const explain = (cause: unknown, installer: Installer) => explainMissingDriver(cause, async () => installer);

describe('P11: where the native part of sqlite3 is missing, the message names what to run', () => {
  const noScript = failure(undefined, 'Could not locate the bindings file. Tried:\n → /x/build\n → /y/build');
  const wrongLibc = failure('ERR_DLOPEN_FAILED', "/lib/libc.so.6: version `GLIBC_2.38' not found");
  const notThere = failure('MODULE_NOT_FOUND', "Cannot find module 'sqlite3'\nRequire stack:\n- /app/x.js");

  it.each<[Installer, string, string, string]>([
    [
      { name: 'npm', major: 11 },
      'npm install-scripts approve sqlite3 && npm rebuild sqlite3',
      'npm rebuild sqlite3 --build-from-source',
      'npm install sqlite3',
    ],
    [
      { name: 'npm', major: 10 },
      'Run: npm rebuild sqlite3,',
      'npm rebuild sqlite3 --build-from-source',
      'npm install sqlite3',
    ],
    [
      { name: 'npm' },
      'npm rebuild sqlite3 (npm 11 and newer: npm install-scripts approve sqlite3, before)',
      'npm rebuild sqlite3 --build-from-source',
      'npm install sqlite3',
    ],
    [{ name: 'pnpm' }, 'pnpm approve-builds', '=true pnpm rebuild sqlite3', 'pnpm add sqlite3'],
    [{ name: 'yarn' }, '"dependenciesMeta": { "sqlite3": { "built"', '=true yarn rebuild sqlite3', 'yarn add sqlite3'],
    [{ name: 'yarn 1' }, 'yarn install --force', '=true yarn install --force', 'yarn add sqlite3'],
    [{ name: 'bun' }, 'bun pm trust sqlite3', '=true bun install --force', 'bun add sqlite3'],
  ])('with %o', async (installer, script, source, add) => {
    const messages = await Promise.all([noScript, wrongLibc, notThere].map((cause) => explain(cause, installer)));
    expect(messages[0]).toContain(script);
    expect(messages[0]).toContain('(Could not locate the bindings file. Tried:)');
    expect(messages[1]).toContain(`Run: `);
    expect(messages[1]).toContain(source);
    expect(messages[2]).toContain(`Run: ${add}`);
    for (const message of messages) {
      expect(message).not.toContain('\n');
      expect(message).toMatch(/which needs none of this\. \(/);
    }
  });

  it.each([
    ['ERR_DLOPEN_DISABLED', 'Node runs with --no-addons'],
    ['ERR_ACCESS_DENIED', 'Node runs with --permission'],
    ['ERR_MODULE_NOT_FOUND', 'keep it external'],
  ])('for %s', async (code, words) => {
    expect(await explain(failure(code, 'x'), { name: 'npm' })).toContain(words);
  });

  it('whatever was thrown', async () => {
    expect(await explain('odd', { name: 'npm' })).toContain('(odd)');
  });
});

describe('the package manager', () => {
  it.each<[string, Installer]>([
    ['npm/11.19.1 node/v20.20.2 linux x64 workspaces/false', { name: 'npm', major: 11 }],
    ['pnpm/10.1.0 npm/? node/v22.0.0 linux x64', { name: 'pnpm', major: 10 }],
    ['yarn/1.22.22 npm/? node/v20.0.0 linux x64', { name: 'yarn 1', major: 1 }],
    ['yarn/4.5.0 npm/? node/v20.0.0 linux x64', { name: 'yarn', major: 4 }],
    ['bun/1.2.0 npm/? node/v22.0.0 linux x64', { name: 'bun', major: 1 }],
  ])('is told by what it calls itself: %s', async (userAgent, installer) => {
    expect(await findInstaller(userAgent, '/')).toEqual(installer);
  });

  it.each<[string[], Installer]>([
    [['pnpm-lock.yaml'], { name: 'pnpm' }],
    [['yarn.lock'], { name: 'yarn 1' }],
    [['yarn.lock', '.yarnrc.yml'], { name: 'yarn' }],
    [['bun.lock'], { name: 'bun' }],
    [['package-lock.json'], { name: 'npm' }],
  ])('or by %j in the nearest folder', async (files, installer) => {
    const root = temporaryDirectory();
    const folder = join(root, 'packages', 'app');
    await mkdir(folder, { recursive: true });
    for (const file of files) await writeFile(join(root, file), '');
    expect(await findInstaller(undefined, folder)).toEqual(installer);
  });
});
