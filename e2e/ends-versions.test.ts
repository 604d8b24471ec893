import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { recoverFile } from '@ferretjs/core/maintenance';
import { describe, expect, it } from 'vitest';
import { runScript } from './child.js';
import { ENDED_WELL, expectSound, expectUndisturbed } from './faults/invariants.js';
import { temporaryDirectory, temporaryFile } from './temporary.js';

const root = join(dirname(createRequire(import.meta.url).resolve('@ferretjs/core/package.json')));

/** Another major version of the package, as far as that decides what is shared. */
function anotherVersion(): string {
  const copy = temporaryDirectory();
  cpSync(join(root, 'dist/esm'), join(copy, 'esm'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(root, '../../node_modules'), join(copy, 'node_modules'));
  const file = join(copy, 'esm/process-wide.js');
  const code = readFileSync(file, 'utf8');
  writeFileSync(file, code.replace(/MAJOR = '\d+'/, "MAJOR = '77'"));
  expect(readFileSync(file, 'utf8')).not.toBe(code);
  return pathToFileURL(join(copy, 'esm/index.js')).href;
}

const BOTH = (other: string) => `
  const other = await import('${other}');
  const ours = createFerret({ ...options, runId: 'ours', flushIntervalMillis: 60_000 });
  const theirs = other.createFerret({ ...options, runId: 'theirs', flushIntervalMillis: 60_000 });
  for (let i = 0; i < 10; i++) { ours.start('work').end(); theirs.start('work').end(); }`;

describe('two major versions in one process', () => {
  it('P27: share neither the default, nor the context, nor the hooks', async () => {
    const database = temporaryFile();
    const end = await runScript(
      `${BOTH(anotherVersion())}
       ours.measure('outer', () => {
         if (other.currentSpan() !== undefined) throw new Error('context');
         theirs.measure('inner', (span) => { if (span.parentId !== undefined) throw new Error('parent'); });
       });
       process.env.FERRET_DATABASE = options.database;
       const { defaultFerret } = await import('@ferretjs/core');
       if (other.defaultFerret() === defaultFerret()) throw new Error('default');`,
      database,
    );
    expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
    const processes = await expectSound(database);
    expect(processes.map(({ stored, end_reason }) => [stored, end_reason])).toEqual([
      [11, 'exit'],
      [11, 'exit'],
    ]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'P27: neither takes the other for an application that listens: %s ends the process, and nothing is lost',
    async (signal) => {
      const database = temporaryFile();
      const end = await runScript(
        `${BOTH(anotherVersion())} setInterval(() => {}, 1000); process.kill(process.pid, '${signal}');`,
        database,
      );
      expectUndisturbed(end, { code: null, signal });
      await recoverFile(database);
      const processes = await expectSound(database);
      expect(processes.map(({ stored, end_reason }) => [stored, end_reason])).toEqual([
        [10, signal],
        [10, signal],
      ]);
    },
  );
});

it('P27: what another version has left under the same keys, with another shape, is left alone', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `const names = ['context', 'default', 'shutdown', 'shared', 'file-users'];
     const keys = names.flatMap((name) => [Symbol.for('ferretjs.' + name), Symbol.for('ferretjs@0.' + name)]);
     const stub = Object.freeze({ stub: true });
     const places = [globalThis, process];
     for (const key of keys) {
       const property = { value: stub, writable: true, configurable: true };
       for (const place of places) Object.defineProperty(place, key, property);
     }
     const { createRequire } = await import('node:module');
     const core = createRequire(process.argv[1])('@ferretjs/core');
     const ferret = core.createFerret(options);
     ferret.measure('outer', () => ferret.measure('inner', () => {}));
     if (core.defaultFerret() === stub) throw new Error('default');
     for (const key of keys) if (places.some((place) => place[key] !== stub)) throw new Error('taken over');`,
    database,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
  expect(await expectSound(database)).toMatchObject([{ started: 2, stored: 2, end_reason: 'exit' }]);
});
