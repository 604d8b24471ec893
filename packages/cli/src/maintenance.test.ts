import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStoreFixture } from '../../core/src/sqlite/reader/reader.fixture.js';
import { main } from './main.js';
import { openTerminal } from './terminal.js';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ferret-cli-'));
  file = join(directory, 'ferret.db');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function ferret(...parameters: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const code = await main(parameters, openTerminal(stdout, stderr, {}));
  return { code, out, err };
}

/** A pid that no process has. */
const DEAD = 0x7fff_fffe;

/** A file whose only process was killed while two spans were open. */
async function writeCrash(): Promise<void> {
  const store = await createStoreFixture(file);
  const process = await store.addProcess(await store.addRun(), {
    pid: DEAD,
    hostname: hostname(),
    endedAtMicros: null,
    endReason: null,
  });
  await store.addOpenSpan(process, { name: 'GET /slow' });
  await store.addOpenSpan(process, { name: 'load' });
  await store.addSpan(process, { name: 'GET /' });
  await store.close();
}

describe('ferret recover', () => {
  it('says that there is nothing to do', async () => {
    await (await createStoreFixture(file)).close();
    expect(await ferret('recover', file)).toEqual({ code: 0, out: 'Nothing to recover.\n', err: '' });
  });

  it('says what was taken in, and what was left and why', async () => {
    await writeCrash();
    await writeFile(`${file}.spill-torn`, 'no record\n');
    await writeFile(`${file}.spill-newer`, `${NEWER_CHECKSUM} {"version":99}\n`);
    const { code, out, err } = await ferret('recover', file);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        '0 spans taken in from 1 spill file',
        '2 spans of dead processes stored as interrupted: ferret crashes lists them',
        '1 damaged piece could not be read',
        `left: ${file}.spill-newer (a newer version of Ferret wrote it)\n`,
      ].join('\n'),
    );
    expect(err).toContain('Update @ferretjs/core');
    expect(err).toContain('.spill-torn');
    expect(await readdir(directory)).toEqual(['ferret.db', 'ferret.db.spill-newer']);
  });

  it('prints JSON', async () => {
    await writeCrash();
    await writeFile(`${file}.spill-torn`, 'no record\n');
    expect(JSON.parse((await ferret('recover', file, '--json')).out)).toEqual({
      spillFiles: 1,
      spans: 0,
      damaged: 1,
      interrupted: 2,
      left: [],
      diagnostics: [{ code: 'SPILL_DAMAGED', message: expect.stringContaining('.spill-torn') }],
    });
  });

  it('fails where there is neither a file nor a spill', async () => {
    expect(await ferret('recover', file)).toMatchObject({ code: 1, err: expect.stringMatching(/There is no file/) });
    expect(await readdir(directory)).toEqual([]);
  });
});

/** The CRC-32 of `{"version":99}`. */
const NEWER_CHECKSUM = 'd9116839';

describe('ferret prune', () => {
  it('deletes by age, and says what that was', async () => {
    await writeCrash();
    const { code, out } = await ferret('prune', file, '--max-age', '1d');
    expect(code).toBe(0);
    expect(out).toMatch(/^1 span deleted; the file had \d+\.?\d* KB and has \d+\.?\d* KB\n$/);
    expect((await ferret('prune', file, '--max-age', '1d')).out).toMatch(/^0 spans deleted/);
  });

  it('deletes by size, and prints JSON', async () => {
    await writeCrash();
    expect(JSON.parse((await ferret('prune', file, '--max-size', '1KB', '--json')).out)).toEqual({
      spans: 1,
      bytesBefore: expect.any(Number),
      bytesAfter: expect.any(Number),
    });
    expect(JSON.parse((await ferret('prune', file, '--max-size', '1GB', '--json')).out)).toMatchObject({ spans: 0 });
  });

  it('wants a limit, with a unit', async () => {
    for (const [parameters, message] of [
      [['prune', file], /^ferret: nothing to delete without a limit: give --max-age, --max-size or both\n$/],
      [['prune', file, '--max-age', '7'], /^ferret: .*'7' is invalid\. It must be a number and a unit: 90m/],
      [['prune', file, '--max-size', '512'], /^ferret: .*'512' is invalid\. It must be a number and a unit: 800KB/],
    ] as const) {
      expect(await ferret(...parameters)).toEqual({ code: 2, out: '', err: expect.stringMatching(message) });
    }
    expect(await ferret('prune', file, '--max-age', '7d')).toMatchObject({ code: 1 });
  });
});
