import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOf } from '../../process/process-liveness.js';
import { identityOfProcess } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import type { Database } from './driver.js';
import { openForWriting } from './file.js';
import { acquireLease, releaseLease } from './lease.js';

const NOW = 1_767_225_600_000_000;
const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;

let directory: string;
let database: Database;

beforeEach(async () => {
  directory = temporaryDirectory();
  database = await openForWriting(join(directory, 'ferret.db'), 'normal', () => {});
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const alive = (key: string) => identityOfProcess(key, { pid: process.pid });
const ask = (by = alive('one'), at = NOW, name = 'work') => acquireLease(database, name, by, at);

it('is held by one process at a time, for one piece of work', async () => {
  expect(await ask()).toBe(true);
  expect(await ask(alive('two'))).toBe(false);
  expect(await ask(alive('two'), NOW, 'other work')).toBe(true);
});

it('is renewed by who holds it, and expires for who does not', async () => {
  await ask();
  expect(await ask(alive('one'), NOW + 20 * SECOND)).toBe(true);
  expect(await ask(alive('two'), NOW + 49 * SECOND)).toBe(false);
  expect(await ask(alive('two'), NOW + 51 * SECOND)).toBe(true);
  expect(await ask(alive('one'), NOW + 52 * SECOND)).toBe(false);
});

it('is free at once when its holder gives it back', async () => {
  await ask();
  await releaseLease(database, 'work', alive('one'));
  expect(await ask(alive('two'))).toBe(true);
});

it('is not given back by who has lost it meanwhile', async () => {
  await ask();
  await ask(alive('two'), NOW + 31 * SECOND);
  await releaseLease(database, 'work', alive('one'));
  expect(await ask(alive('three'), NOW + 32 * SECOND)).toBe(false);
});

it('is free at once when its holder is dead', async () => {
  await ask(identityOfProcess('dead'));
  expect(await ask(alive('two'))).toBe(true);
});

it.runIf(startOf(process.pid) !== null)('is free when another process has the pid of its holder by now', async () => {
  await ask(identityOfProcess('gone', { pid: process.pid, pidStart: `${startOf(process.pid)}0` }));
  expect(await ask(alive('two'))).toBe(true);
});

it('of a process on another host is left to expire', async () => {
  await ask(identityOfProcess('far', { hostname: 'elsewhere' }));
  expect(await ask(alive('two'), NOW + 29 * SECOND)).toBe(false);
  expect(await ask(alive('two'), NOW + 31 * SECOND)).toBe(true);
});

it('does not outlive a clock that is set back', async () => {
  await ask();
  expect(await ask(alive('two'), NOW - HOUR)).toBe(true);
});

it.each(['{"processKey":', '', 'null', '7', '{}', '{"processKey":"x","hostname":"y","pid":"1","pidStart":2}'])(
  'R21: is free where its holder cannot be read: %j',
  async (holder) => {
    await database.run('INSERT INTO lease VALUES (?, ?, ?)', ['work', holder, NOW + SECOND]);
    expect(await ask()).toBe(true);
  },
);
