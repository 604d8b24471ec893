import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { createStoreFixture, type StoreFixture } from '@ferretjs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, startFerret } from './ferret.js';
import { type Ended, endOf } from './run-process.js';
import { temporaryDirectory } from './temporary.js';

const HOSTILE = 'GET /\u001b]0;pwned\u0007\u009b2J\u202e\r\n';

let directory: string;
let file: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  await chmod(directory, 0o755);
  file = join(directory, 'ferret.db');
  const store = await createStoreFixture(file);
  await fill(store);
  await store.close();
});

async function fill(store: StoreFixture): Promise<void> {
  const process = await store.addProcess(await store.addRun({ runId: 'first' }), { started: 2, queueFull: 2 });
  await store.addSpan(process, { name: HOSTILE, durationNanos: 5_000_000, attributes: { agent: HOSTILE } });
  const longName = `GET /${'x'.repeat(200)}`;
  await store.addSpan(process, { name: longName, durationNanos: 4_000_000, outcome: 'error' });
}

function start(parameters: readonly string[], options: { env?: NodeJS.ProcessEnv; uid?: number } = {}): ChildProcess {
  return startFerret(parameters, { ...options, cwd: directory });
}

function ferret(...parameters: string[]): Promise<Ended> {
  return endOf(start(parameters));
}

describe('the ferret command', () => {
  it('reads ferret.db in the working directory, and leaves nothing behind', async () => {
    const { code, out, err } = await ferret('analyze');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('missing  2 dropped: 2 queue full');
    expect(await ferret('runs')).toMatchObject({ code: 0, out: expect.stringContaining('first') });
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('ends with 1 for a failure and 2 for wrong usage, never with a stack trace', async () => {
    await writeFile(join(directory, 'text.db'), 'no database at all');
    await writeFile(join(directory, 'empty.db'), '');
    for (const [code, message, ...parameters] of [
      [1, /^ferret: There is no file nope\.db\./, 'analyze', 'nope.db'],
      [1, /^ferret: text\.db is not an SQLite database/, 'analyze', 'text.db'],
      [1, /^ferret: empty\.db is empty/, 'analyze', 'empty.db'],
      [1, /^ferret: ferret\.db holds no run "x'--"\. It holds: first\.\n$/, 'analyze', '--run', "x'--"],
      [2, /^ferret: .* Allowed choices are name, count/, 'analyze', '--sort', 'duration'],
      [2, /^ferret: .* whole number, 1 or more/, 'analyze', '--limit=-1'],
      [2, /^ferret: unknown command/, 'frobnicate'],
      [2, /^Usage: ferret/],
    ] as const) {
      const ended = await ferret(...parameters);
      expect(ended).toMatchObject({ code, out: '' });
      expect(ended.err).toMatch(message);
      expect(ended.err).not.toMatch(/^\s+at /m);
    }
    await rm(join(directory, 'text.db'));
    await rm(join(directory, 'empty.db'));
  });

  it('prints no control character from the file, and all of them in JSON', async () => {
    for (const parameters of [['analyze'], ['analyze', '--tree'], ['runs']]) {
      const { out } = await ferret(...parameters);
      expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    }
    expect((await ferret('analyze')).out).toContain('GET /\\x1b]0;pwned\\x07\\x9b2J\\u202e\\x0d\\x0a');
    const { names } = JSON.parse((await ferret('analyze', '--json')).out) as { names: { name: string }[] };
    expect(names[0]?.name).toBe(HOSTILE);
  });

  it('colours a pipe only where it is told to', async () => {
    const run = (env: NodeJS.ProcessEnv) => endOf(start(['analyze'], { env }));
    expect((await run({ CI: 'true' })).out).not.toContain('\u001b');
    expect((await run({ FORCE_COLOR: '1' })).out).toContain('\u001b[1m');
    expect((await run({ FORCE_COLOR: '1', NO_COLOR: '1' })).out).not.toContain('\u001b');
  });

  it('ends without complaint when nobody reads on', async () => {
    const child = start(['analyze', '--json']);
    child.stdout?.destroy();
    expect(await endOf(child)).toMatchObject({ code: 0, err: '' });
  });

  it.runIf(process.platform === 'linux')('fits its table to a terminal, and colours it', async () => {
    const command = `stty cols 60; "${process.execPath}" "${BIN}" analyze`;
    const { NO_COLOR: _, ...env } = process.env;
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: directory, env: { ...env, TERM: 'xterm' } });
    const { out } = await endOf(child);
    const lines = stripVTControlCharacters(out).split('\r\n');
    const table = lines.slice(lines.findIndex((line) => line.startsWith('name')));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(out).toContain('GET /xxxxxxxxx');
    expect(out).toContain('\u001b[31m1 (100 %)\u001b[39m');
    expect(out).toContain('(no room for min');
  });
});

/** Root may write everywhere, so as root these run as another user. */
describe.skipIf(process.platform === 'win32')('in a directory that may only be read, ferret', () => {
  const asReader = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  let locked: string;

  beforeAll(() => {
    locked = temporaryDirectory();
  });

  async function analyzeLocked(path: string): Promise<Ended> {
    for (const name of await readdir(locked)) {
      await chmod(join(locked, name), 0o444);
    }
    await chmod(locked, 0o555);
    const ended = await endOf(start(['analyze', path], asReader));
    await chmod(locked, 0o755);
    return ended;
  }

  it('reads a file that nobody is writing', async () => {
    const path = join(locked, 'quiet.db');
    await copyFile(file, path);
    expect(await analyzeLocked(path)).toMatchObject({ code: 0, out: expect.stringContaining('first') });
  });

  it('reads a file that is being written', async () => {
    const path = join(locked, 'live.db');
    const store = await createStoreFixture(path);
    await fill(store);
    expect(await analyzeLocked(path)).toMatchObject({ code: 0, out: expect.stringContaining('first') });
    await store.close();
  });

  it('reads a copy that has its -wal alone beside it', async () => {
    const source = join(directory, 'source.db');
    const store = await createStoreFixture(source);
    await fill(store);
    const path = join(locked, 'copied.db');
    await copyFile(source, path);
    await copyFile(`${source}-wal`, `${path}-wal`);
    await store.close();
    await rm(source);
    expect(await analyzeLocked(path)).toMatchObject({ code: 0, out: expect.stringContaining('first') });
  });

  it('says that it has no permission', async () => {
    const path = join(locked, 'secret.db');
    await copyFile(file, path);
    await chmod(path, 0o000);
    const ended = await endOf(start(['analyze', path], asReader));
    expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('cannot be read: no permission.') });
  });
});

it('is linked by npm, also where it was installed before it was built', () => {
  const linked = fileURLToPath(new URL('../node_modules/.bin/ferret', import.meta.url));
  expect(spawnSync(linked, ['--version'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d/),
  });
});
