import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStoreFixture, lookOf, plantJournal } from '@ferretjs/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand, startCommand } from '../command.js';

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
  root = mkdtempSync(join(tmpdir(), 'ferret-untouched-'));
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

afterEach(() => {
  rmSync(root, { recursive: true });
});

const look = () => [lookOf(root), lookOf(directory)];

it('P1: no command that reads changes anything around a file', async () => {
  const before = look();
  for (const parameters of READING()) {
    expect(await runCommand(parameters, { cwd: directory }), parameters.join(' ')).toMatchObject({ err: '' });
    expect(look(), parameters.join(' ')).toEqual(before);
  }
});

it('P1: no command opens a file that a planted journal lies beside, or removes what that names', async () => {
  plantJournal(join(directory, 'ferret.db'), victim);
  const before = look();
  for (const parameters of [...READING(), ['prune', '--max-age', '1d'], ['recover']]) {
    const { code, err } = await runCommand(parameters, { cwd: directory });
    expect([parameters[0], code]).toEqual([parameters[0], 1]);
    expect(err).toMatch(/^ferret: [^\n]*ferret\.db-journal[^\n]*\n$/);
    expect(look()).toEqual(before);
  }
  expect(existsSync(victim)).toBe(true);
});

it('P1: nor does tail, which follows', async () => {
  const before = look();
  const child = startCommand(['tail', '-n', '1'], { cwd: directory });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  expect(look()).toEqual(before);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  await ended;
  expect(look()).toEqual(before);
});
