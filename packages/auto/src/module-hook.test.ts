import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HookWay, PackageCopy } from './library.js';
import { hookFile, patchedFiles } from './module-hook.js';

const root = mkdtempSync(join(tmpdir(), 'ferret-hook-'));
afterAll(() => rmSync(root, { recursive: true }));

const CLIENT = 'exports.Client = class Client { query() { return "result"; } };';

/** Writes a package whose main file loads its client, at a path below the temporary folder. */
function writePackage(path: string, name: string, version: string, client = CLIENT): void {
  const files = {
    'package.json': JSON.stringify({ name, version, main: './lib/index.js' }),
    'lib/index.js': "exports.Client = require('./client').Client;",
    'lib/client.js': client,
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path, file)), { recursive: true });
    writeFileSync(join(root, path, file), text);
  }
}

/** Hooks a package, and notes the copies that are patched. */
function hook(name: string, versions = '>=1 <2', patch: HookWay['patch'] = () => {}): PackageCopy[] {
  const copies: PackageCopy[] = [];
  hookFile({
    how: 'hook',
    package: name,
    versions,
    file: 'lib/client.js',
    patch(exports, copy) {
      copies.push(copy);
      patch(exports, copy);
    },
  });
  return copies;
}

const requireFrom = (path: string) => createRequire(join(root, path, 'app.js'));

describe('hookFile', () => {
  it('patches a file when it is loaded, once for each copy of a known version (FAULTS 60)', () => {
    writePackage('node_modules/db-a', 'db-a', '1.2.0');
    writePackage('old/node_modules/db-a', 'db-a', '1.0.0');
    writePackage('new/node_modules/db-a', 'db-a', '2.0.0');
    const copies = hook('db-a');
    for (const path of ['', 'old', 'new', 'old', '']) requireFrom(path)('db-a');
    expect(copies.map(({ version }) => version)).toEqual(['1.2.0', '1.0.0']);
    expect(copies[0]?.directory).toBe(join(root, 'node_modules/db-a'));
  });

  it('patches what is loaded already', () => {
    writePackage('node_modules/db-b', 'db-b', '1.0.0');
    requireFrom('')('db-b');
    expect(hook('db-b')).toHaveLength(1);
  });

  it('knows a package under another name', () => {
    writePackage('node_modules/other-name', 'db-c', '1.5.0');
    const copies = hook('db-c');
    requireFrom('')('other-name');
    expect(copies.map(({ name, version }) => `${name} ${version}`)).toEqual(['db-c 1.5.0']);
  });

  it('knows a package whose hooked file is its main one, under another name', () => {
    writePackage('node_modules/direct-name', 'db-main', '1.0.0');
    writeFileSync(
      join(root, 'node_modules/direct-name/package.json'),
      JSON.stringify({ name: 'db-main', version: '1.0.0', main: './lib/client.js' }),
    );
    const copies = hook('db-main');
    requireFrom('')('direct-name');
    expect(copies).toHaveLength(1);
  });

  it('knows a file that is loaded by the name of its folder', () => {
    writePackage('node_modules/db-folder', 'db-folder', '1.0.0');
    writeFileSync(join(root, 'node_modules/db-folder/lib/index.js'), "require('./part');");
    mkdirSync(join(root, 'node_modules/db-folder/lib/part'));
    writeFileSync(join(root, 'node_modules/db-folder/lib/part/index.js'), CLIENT);
    const copies: PackageCopy[] = [];
    const patch = (_: unknown, copy: PackageCopy) => void copies.push(copy);
    hookFile({ how: 'hook', package: 'db-folder', versions: '*', file: 'lib/part/index.js', patch });
    requireFrom('')('db-folder');
    expect(copies).toHaveLength(1);
  });

  it('leaves a file of another package that has the same path', () => {
    writePackage('node_modules/not-db', 'not-db', '1.0.0');
    const copies = hook('db-d');
    requireFrom('')('not-db');
    expect(copies).toEqual([]);
  });

  it('waits for a file that is loaded in a circle', () => {
    writePackage('node_modules/db-e', 'db-e', '1.0.0', `require('./index'); ${CLIENT}`);
    let exported: unknown;
    hook('db-e', '*', (exports) => {
      exported = exports;
    });
    requireFrom('')('db-e');
    expect(exported).toHaveProperty('Client');
  });

  it('reports a patch that throws, and lets the library work (FAULTS 61)', () => {
    writePackage('node_modules/db-f', 'db-f', '1.0.0');
    hook('db-f', '*', () => {
      throw new TypeError('not as expected');
    });
    const { Client } = requireFrom('')('db-f') as { Client: new () => { query(): string } };
    expect(new Client().query()).toBe('result');
    expect(patchedFiles().find(({ copy }) => copy.name === 'db-f')?.error).toBeInstanceOf(TypeError);
  });

  it('lets errors of require through as they are', () => {
    writePackage('node_modules/db-g', 'db-g', '1.0.0', 'throw new SyntaxError("its own");');
    const copies = hook('db-g');
    expect(() => requireFrom('')('db-g')).toThrow('its own');
    expect(() => requireFrom('')('./nowhere/client')).toThrow(/Cannot find module/);
    expect(copies).toEqual([]);
  });
});

describe('the loader', () => {
  it('is not touched before anything is hooked', () => {
    const { stdout } = spawnSync(process.execPath, ['-p', "require('module')._load.toString().includes('afterLoad')"]);
    expect(String(stdout).trim()).toBe('false');
  });
});
