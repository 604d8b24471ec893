import { spawn } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runScript } from '../child.js';
import { BIN, runFerret, startFerret } from '../ferret.js';
import { endOf } from '../run-process.js';
import { temporaryDirectory, temporaryFile } from '../temporary.js';

let source: string;
let directory: string;

beforeAll(async () => {
  source = temporaryFile();
  await record(3_000, source);
});

beforeEach(() => {
  directory = temporaryDirectory();
});

async function record(spans: number, file: string): Promise<void> {
  const script = `
    const ferret = createFerret({ ...options, maxQueueSize: 1000000 });
    for (let index = 0; index < ${spans}; index++) ferret.measure('many', { index }, () => 1);
    await ferret.close();`;
  expect(await runScript(script, file)).toMatchObject({ code: 0 });
}

describe('an export that does not come to its end', () => {
  it('ends with 0 when nobody reads on, and leaves the file as it was', async () => {
    const child = startFerret(['export', source], { cwd: directory });
    child.stdout?.once('data', () => child.stdout?.destroy());
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect([code, err]).toEqual([0, '']);
    expect(await readdir(dirname(source))).toEqual(['ferret.db']);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'leaves nothing behind at %s, and ends by it',
    async (signal) => {
      const large = join(directory, 'large.db');
      await record(200_000, large);
      const child = startFerret(['export', large, '--format', 'ndjson', '-o', 'out.json'], { cwd: directory });
      await expect.poll(() => readdir(directory), { timeout: 30_000 }).toContainEqual(expect.stringMatching(/\.tmp$/));
      child.kill(signal);
      expect(await endOf(child)).toMatchObject({ code: null, signal, out: '' });
      expect(await readdir(directory)).toEqual(['large.db']);
    },
  );

  it.skipIf(process.platform !== 'linux')('says that there is no room, and leaves nothing behind', async () => {
    // Files of this shell may have 200 blocks: enough for what SQLite makes beside the database.
    const limit = 'ulimit -f 200; exec "$@"';
    const shell = spawn('sh', ['-c', limit, 'sh', process.execPath, BIN, 'export', source, '-o', 'out.json'], {
      cwd: directory,
      stdio: 'pipe',
    });
    expect(await endOf(shell)).toMatchObject({ code: 1, err: 'ferret: out.json cannot be written: EFBIG.\n' });
    expect(await readdir(directory)).toEqual([]);
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [BIN, 'export', source], { stdio: ['ignore', full.fd, 'pipe'] });
    expect(await endOf(child)).toMatchObject({ code: 1, err: 'ferret: standard output cannot be written: ENOSPC.\n' });
    await full.close();
  });
});

it.runIf(process.platform === 'linux')('shows on a terminal how far it is, and none of it elsewhere', async () => {
  const command = `"${process.execPath}" "${BIN}" export "${source}" -o out.json`;
  const { out } = await endOf(spawn('script', ['-qec', command, '/dev/null'], { cwd: directory, stdio: 'pipe' }));
  const clear = '\u001b[K';
  expect(out.startsWith(`\rreading ...${clear}`)).toBe(true);
  expect(out.endsWith(`\r${clear}3,000 spans written to out.json\r\n`)).toBe(true);
  expect((await runFerret(['export', source, '-o', 'other.json'], { cwd: directory })).err).toBe(
    '3,000 spans written to other.json\n',
  );
});
