import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, startFerret } from '../ferret.js';
import { type Ended, endOf } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';
import { writeTwoRuns } from './two-runs-file.js';

const { out: help } = await runFerret(['--help'], { cwd: tmpdir() });

/**
 * Every command that reads a file, so that a new one is covered by itself: `  analyze [options] [file]   what every
 * ...`.
 */
const COMMANDS = [...help.matchAll(/^ {2}(\w+) .*\[file\]/gm)].map(([, name = '']) => name);

/** Arguments that must stand before the file. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  diff: ['previous', 'latest'],
  trace: ['4bf92f3577b34da6a3ce929d0e0e4736'],
};
const LAST: Readonly<Record<string, readonly string[]>> = {
  prune: ['--max-age', '7d'],
  backup: ['-o', 'copy.db'],
};

/** Commands that wait for a file that is not there, or is empty. */
const WAITING = new Set(['tail']);

const BAD_FILES: readonly (readonly [name: string, message: RegExp])[] = [
  ['none.db', /There is no file none\.db/],
  ['no-directory/none.db', /There is no file/],
  ['directory', /directory is a directory/],
  ['empty.db', /empty\.db is empty/],
  ['text.db', /text\.db is not an SQLite database/],
  ['foreign.db', /the SQLite database of another program/],
  ['newer.db', /file format 99.*Install a newer version/],
  ['bare.db', /holds no tables yet/],
  ['secret.db', /cannot be read: no permission/],
  ['torn.db', /damaged|cannot be read|not an SQLite database|moved/],
  ['loop.db', /cannot be read: ELOOP/],
];

let directory: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  await chmod(directory, 0o755);
  const path = (name: string) => join(directory, name);
  await mkdir(path('directory'));
  await writeFile(path('empty.db'), '');
  await writeFile(path('text.db'), 'no database at all, and longer than the header of one: '.repeat(20));
  await execute(path('foreign.db'), 'CREATE TABLE theirs (id)');
  await execute(path('bare.db'), `PRAGMA application_id = ${0x46525254}; CREATE TABLE t (id); DROP TABLE t`);
  await writeTwoRuns(path('newer.db'));
  await execute(path('newer.db'), 'PRAGMA user_version = 99');
  await writeTwoRuns(path('secret.db'));
  await chmod(path('secret.db'), 0o000);
  await chmod(path('newer.db'), 0o644);
  await writeTwoRuns(path('torn.db'));
  await truncate(path('torn.db'), 6_000);
  await chmod(path('torn.db'), 0o644);
  await symlink('loop.db', path('loop.db'));
});

function execute(file: string, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, (opened) => {
      if (opened) return reject(opened);
      database.exec(sql, (failed) => database.close(() => (failed ? reject(failed) : resolve())));
    });
  });
}

/** Root may read everything, so as root this runs as another user. */
const asUser = process.getuid?.() === 0 ? { uid: 65_534 } : {};

async function ferret(command: string, file: string): Promise<Ended> {
  const parameters = [command, ...(FIRST[command] ?? []), file, ...(LAST[command] ?? [])];
  const child = startFerret(parameters, { cwd: directory, ...asUser });
  if (WAITING.has(command)) {
    child.stderr?.on('data', (text: string | Buffer) => {
      if (/waiting/i.test(String(text))) child.kill('SIGINT');
    });
  }
  return endOf(child);
}

function expectClear({ err, out }: Ended): void {
  expect(err).not.toMatch(/^\s+at /m);
  expect(err).not.toMatch(/SQLITE_|undefined|\[object/);
  expect(`${out}${err}`).not.toMatch(/[^\P{Cc}\n]/u);
}

it('knows every command', () => {
  expect(COMMANDS).toEqual(expect.arrayContaining(['analyze', 'runs', 'export', 'diff', 'tail', 'doctor', 'prune']));
});

describe.each(COMMANDS)('ferret %s', (command) => {
  it.each(BAD_FILES)('says what is wrong with %s', async (file, message) => {
    const ended = await ferret(command, file);
    expectClear(ended);
    // A repair has little to say of a torn file, and may put it aside; a reader need not come upon the hole.
    if (file === 'torn.db' && ended.code === 0) return;
    expect(`${ended.out}${ended.err}`).toMatch(message);
    const isWaiting = WAITING.has(command) && /waiting/i.test(ended.err);
    expect(ended.code).toBe(isWaiting ? null : 1);
  });

  it('refuses what it does not know, and says how to go on', async () => {
    for (const bad of ['--frobnicate', '--limit=x', '--since=yesterday', '--sort=nonsense']) {
      const ended = await runFerret([command, ...(FIRST[command] ?? []), bad], { cwd: directory });
      expectClear(ended);
      expect(ended).toMatchObject({ code: 2, out: '' });
      expect(ended.err).toMatch(/^ferret: /);
    }
  });

  it('has help with examples', async () => {
    const { code, out } = await runFerret([command, '--help'], { cwd: directory });
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}\$ ferret /);
  });
});

const USAGE: readonly (readonly [code: number, message: string, ...parameters: string[]])[] = [
  [1, 'There is no file', 'diff', 'a', 'b'],
  [2, 'earlier than the second', 'diff', '1h..2h', 'latest'],
  [2, 'p50, p95, p99, errors', 'diff', 'a', 'b', '--fail-on', 'p42>1%'],
  [2, 'p50, p95, p99, errors', 'diff', 'a', 'b', '--fail-on', 'errors>5ms'],
  [2, 'a number and a unit', 'tail', '--slower-than', '100'],
  [2, 'key=value', 'tail', '--where', 'nothing'],
  [2, 'whole number, 0 or more', 'tail', '-n', '-1'],
  [2, 'bash, zsh, fish', 'completion', 'csh'],
  [2, 'a number and a unit', 'doctor', '--max-size', '5'],
  [2, 'missing required argument', 'diff', 'a'],
];

describe('usage', () => {
  it.each(USAGE.map(([code, message, ...parameters]) => ({ code, message, parameters })))(
    '$parameters: $message',
    async ({ code, message, parameters }) => {
      const ended = await runFerret(parameters, { cwd: directory });
      expectClear(ended);
      expect(ended.code).toBe(code);
      expect(ended.err).toContain(message);
    },
  );
});

describe('of a sound file, ferret diff', () => {
  it.each([
    ['holds no run "nope"', 'nope', 'latest'],
    ['nothing to compare', 'latest', 'latest'],
    ['overlap', '2026-01-01T00:00Z..2026-01-01T02:00Z', '2026-01-01T01:00Z..'],
    ['holds no run of "shop" before "before-7f3a"', 'previous', 'before-7f3a'],
  ])('says: %s', async (message, ...sides) => {
    const file = join(directory, 'sound.db');
    await rm(file, { force: true });
    await writeTwoRuns(file);
    const ended = await runFerret(['diff', ...sides, file], { cwd: directory });
    expectClear(ended);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toContain(message);
  });
});
