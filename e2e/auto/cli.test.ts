import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, runFerret, startFerret } from '../ferret.js';
import { endOf } from '../run-process.js';
import { temporaryDirectory, temporaryFile } from '../temporary.js';
import { appPath, runNode, spansOf } from './run-node.js';

interface Coverage {
  readonly processes: readonly {
    readonly libraries: readonly {
      readonly library: string;
      readonly seen: string;
      readonly isLoaded: boolean;
      readonly reason?: string;
      readonly advice?: string;
    }[];
  }[];
}

const node = (script: string) => [process.execPath, '--eval', script];

/** A folder with packages of these versions, and a file of theirs each. */
function application(packages: Record<string, { version?: string; files?: string[] }>): string {
  const root = temporaryDirectory();
  const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, '*']));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'app', dependencies }));
  for (const [name, { version, files = [] }] of Object.entries(packages)) {
    if (version === undefined) continue;
    const folder = join(root, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, main: files[0] }));
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), 'module.exports = function Layer() {};');
    }
  }
  return root;
}

describe('ferret run', () => {
  it('ends as the program does', async () => {
    const run = (...command: string[]) => runNode([BIN, 'run', '--', ...command]);
    expect(await run(...node('process.exit(7)'))).toMatchObject({ code: 7 });
    expect(await run(...node('console.log(process.argv.at(-1))'), '--', '--port')).toMatchObject({
      code: 0,
      out: '--port\n',
    });
    expect(await run('no-such-program')).toMatchObject({ code: 127 });
  });

  it('hands signals on, and ends by the one that ended the program', async () => {
    const script = "console.log('ready'); setInterval(() => {}, 1000)";
    const child = startFerret(['run', ...node(script)], { cwd: temporaryDirectory() });
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await endOf(child)).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('keeps the options of Node that the environment has', async () => {
    const file = temporaryFile();
    const { code, out } = await runNode([BIN, 'run', ...node('console.log(process.title)')], {
      NODE_OPTIONS: '--title=mine',
      FERRET_DATABASE: file,
    });
    expect({ code, out }).toEqual({ code: 0, out: 'mine\n' });
  });

  it('instruments the processes of the program, too', async () => {
    const file = temporaryFile();
    const script = `require('node:child_process').spawnSync(process.execPath, ['${appPath('nest.mjs')}'])`;
    await runNode([BIN, 'run', ...node(script)], { FERRET_DATABASE: file, PLATFORM: 'express' });
    expect((await spansOf(file)).filter(({ kind }) => kind === 'server')).toHaveLength(3);
  });
});

describe('ferret doctor --coverage', () => {
  const coverageOf = async (cwd: string, ...command: string[]) => {
    const { code, out } = await runFerret(['doctor', '--coverage', '--json', ...command], { cwd });
    const { processes } = JSON.parse(out) as Coverage;
    const libraries = new Map(processes[0]?.libraries.map((each) => [each.library, each]));
    return { code, libraries };
  };

  it('says of each library installed here how it is seen, or why not and what to do', async () => {
    const { code, libraries } = await coverageOf(
      application({
        express: { version: '4.18.0', files: ['lib/router/layer.js'] },
        koa: { version: '1.0.0', files: ['lib/application.js'] },
        fastify: { version: '5.1.0' },
        nodemailer: { version: '7.0.0' },
        undici: {},
        hono: { version: '4.0.0' },
        '@nestjs/platform-express': { version: '12.5.1' },
      }),
    );
    expect(code).toBe(1);
    expect(libraries.get('http server')).toMatchObject({ seen: 'node' });
    expect(libraries.get('express')).toMatchObject({ seen: 'hook', isLoaded: false });
    expect(libraries.get('fastify')).toMatchObject({ seen: 'channel' });
    expect(libraries.get('koa')).toMatchObject({ seen: 'no', reason: 'unknown-version' });
    expect(libraries.get('nodemailer')).toMatchObject({ seen: 'no', reason: 'no-support' });
    expect(libraries.get('hono')).toMatchObject({ seen: 'no', reason: 'no-routes' });
    expect(libraries.get('@nestjs/platform-express')).toMatchObject({ seen: 'hook' });
    expect(libraries.get('undici')).toMatchObject({ seen: 'no', reason: 'not-found' });
    for (const { seen, advice } of libraries.values()) if (seen === 'no') expect(advice).toMatch(/\w/);
  });

  it('runs a command and says what its processes have loaded', async () => {
    const root = application({
      express: { version: '4.18.0', files: ['lib/router/layer.js'] },
      koa: { version: '2.9.0', files: ['lib/application.js'] },
    });
    const script = "require('express'); require('koa')";
    const { code, libraries } = await coverageOf(root, '--', ...node(script));
    expect(libraries.get('express')).toMatchObject({ seen: 'hook', isLoaded: true });
    // The class in that file is none of Koa's: the hook says so, and the application runs on.
    expect(libraries.get('koa')).toMatchObject({ seen: 'no', reason: 'hook-failed', isLoaded: true });
    expect(code).toBe(1);
  });

  it('is one line at the start with NODE_DEBUG=ferret', async () => {
    const { err } = await runNode(['--import', '@ferretjs/auto', appPath('nest.mjs')], {
      NODE_DEBUG: 'ferret',
      NEST: '11',
      PLATFORM: 'express',
      FERRET_DATABASE: temporaryFile(),
    });
    expect(err).toMatch(/instrumented: http server [\d.]+ \(node\).*express 5\S* \(hook\).*; not: /);
  });
});
