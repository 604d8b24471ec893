import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStoreFixture, lookOf, plantJournal } from '@ferretjs/core/testing';
import { beforeEach, expect, it } from 'vitest';
import { runFerret, startFerret } from '../ferret.js';
import { temporaryDirectory } from '../temporary.js';

let root: string;
let directory: string;
let victim: string;
let trace: string;

const READING = () => [
  ['analyze'],
  ['analyze', '--tree'],
  ['analyze', '--exact'],
  ['diff', 'run-1', 'run-2'],
  ['trace', trace],
  ['runs'],
  ['export'],
  ['export', '--format', 'chrome'],
  ['crashes'],
  ['doctor', '--full'],
];

beforeEach(async () => {
  root = temporaryDirectory();
  victim = join(root, 'victim.txt');
  writeFileSync(victim, 'dear');
  directory = join(root, 'd');
  mkdirSync(directory);
  const store = await createStoreFixture(join(directory, 'ferret.db'));
  trace = 'a'.repeat(32);
  await store.addSpan(await store.addProcess(await store.addRun()), { traceId: trace });
  await store.addSpan(await store.addProcess(await store.addRun({ runId: 'run-2' })));
  await store.close();
});

const look = () => [lookOf(root), lookOf(directory)];

it('P1: no command that reads changes anything around a file', async () => {
  const before = look();
  for (const parameters of READING()) {
    expect(await runFerret(parameters, { cwd: directory }), parameters.join(' ')).toMatchObject({ err: '' });
    expect(look(), parameters.join(' ')).toEqual(before);
  }
});

it('P1: no command opens a file that a planted journal lies beside, or removes what that names', async () => {
  plantJournal(join(directory, 'ferret.db'), victim);
  const before = look();
  for (const parameters of [...READING(), ['prune', '--max-age', '1d'], ['recover']]) {
    const { code, err } = await runFerret(parameters, { cwd: directory });
    expect([parameters[0], code]).toEqual([parameters[0], 1]);
    expect(err).toMatch(/^ferret: [^\n]*ferret\.db-journal[^\n]*\n$/);
    expect(look()).toEqual(before);
  }
  expect(existsSync(victim)).toBe(true);
});

it('P1: nor does tail, which follows', async () => {
  const before = look();
  const child = startFerret(['tail', '-n', '1'], { cwd: directory });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  expect(look()).toEqual(before);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  await ended;
  expect(look()).toEqual(before);
});
