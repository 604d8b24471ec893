import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createFerret } from '@ferretjs/core';
import { beforeEach, expect, it, vi } from 'vitest';
import { startFerret } from '../ferret.js';
import { temporaryDirectory } from '../temporary.js';
import { writeTwoRuns } from './two-runs-file.js';

let directory: string;

beforeEach(() => {
  directory = temporaryDirectory();
});

function tail(...parameters: string[]) {
  const child = startFerret(['tail', ...parameters], { cwd: directory, env: { TZ: 'UTC' } });
  const seen = { out: '', err: '' };
  child.stdout?.on('data', (text) => (seen.out += String(text)));
  child.stderr?.on('data', (text) => (seen.err += String(text)));
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (code, signal) => resolve([code, signal])),
  );
  return { child, seen, ended };
}

const shows = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

it('waits for the file, shows spans as they come, follows the next file, and ends by the signal', async () => {
  const { child, seen, ended } = tail();
  await shows(() => expect(seen.err).toContain('There is no file ferret.db yet: waiting for it.'));
  const database = join(directory, 'ferret.db');
  const first = createFerret({ database, flushIntervalMillis: 20, shutdownHooks: false });
  first.start('one').end();
  await first.flush();
  await shows(() => expect(seen.out).toMatch(/\d\d:\d\d:\d\d\.\d{3} .* one\n/));
  first.start('two').end();
  await first.close();
  await shows(() => expect(seen.out).toContain('two'));
  await rename(database, join(directory, 'old.db'));
  const second = createFerret({ database, flushIntervalMillis: 20, shutdownHooks: false });
  second.start('three').end();
  await second.close();
  await shows(() => expect(seen.out).toContain('three'));
  expect(seen.err).toContain('has been replaced');
  expect(seen.out.match(/ (one|two|three)\n/g)).toHaveLength(3);
  child.kill('SIGINT');
  expect(await ended).toEqual([null, 'SIGINT']);
});

it('shows the latest spans that match, in a line each or as JSON', async () => {
  await writeTwoRuns(join(directory, 'ferret.db'));
  const lines = tail('-n', '3', '--where', 'status=500', '--where', 'user.plan=pro', '--errors');
  await shows(() => expect(lines.seen.out.trimEnd().split('\n')).toHaveLength(3));
  expect(lines.seen.out).toMatch(
    /^(01:0\d:\d\d\.000 {2}[0-9a-f]{8} +\S+ ms {2}GET \/users\/:id +500 error TimeoutError\n){3}$/,
  );
  lines.child.kill('SIGINT');
  await lines.ended;
  const json = tail('--json', '-n', '2', '--name', 'USERS', '--slower-than', '29ms');
  await shows(() => expect(json.seen.out.trimEnd().split('\n')).toHaveLength(2));
  for (const line of json.seen.out.trimEnd().split('\n')) {
    expect(JSON.parse(line)).toMatchObject({ name: 'GET /users/:id', httpRoute: '/users/:id' });
  }
  json.child.kill('SIGTERM');
  expect(await json.ended).toEqual([null, 'SIGTERM']);
});

it('ends without complaint when nobody reads the next line', async () => {
  const database = join(directory, 'ferret.db');
  const ferret = createFerret({ database, flushIntervalMillis: 20, shutdownHooks: false });
  ferret.start('one').end();
  await ferret.flush();
  const { child, seen, ended } = tail();
  await shows(() => expect(seen.out).toContain('one'));
  child.stdout?.destroy();
  const writing = setInterval(() => ferret.start('more').end(), 50);
  expect(await ended).toEqual([0, null]);
  clearInterval(writing);
  await ferret.close();
  expect(seen.err).toBe('');
});
