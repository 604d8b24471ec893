import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createStoreFixture } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { emptyDirectory, runFerret } from './ferret.fixture.js';

const directory = emptyDirectory();
const file = join(directory, 'ferret.db');

const ferret = (...parameters: string[]) => runFerret(parameters, { environment: {} });

/** A pid that no process has. */
const DEAD = 0x7fff_fffe;

/** A file whose only process was killed while two spans were open. */
async function writeCrash(): Promise<void> {
  const store = await createStoreFixture(file);
  const process = await store.addProcess(await store.addRun(), {
    processKey: 'dead',
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

describe('P16: ferret backup', () => {
  it('writes a whole copy once, and again if it is forced to', async () => {
    await writeCrash();
    const copy = join(directory, 'copy.db');
    expect(await ferret('backup', file, '-o', copy)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/copy\.db holds the whole file: \d/),
    });
    expect(await ferret('backup', file, '-o', copy)).toMatchObject({ code: 1, err: expect.stringMatching(/--force/) });
    const { out } = await ferret('backup', file, '-o', copy, '--force', '--json');
    expect(JSON.parse(out)).toEqual({ path: copy, bytes: expect.any(Number) });
    expect((await ferret('analyze', copy)).out).toBe((await ferret('analyze', file)).out);
  });

  it('needs the path of the copy', async () => {
    expect(await ferret('backup', file)).toMatchObject({ code: 2, err: expect.stringMatching(/--output/) });
  });
});

describe('ferret recover', () => {
  it('says that there is nothing to do', async () => {
    await (await createStoreFixture(file)).close();
    expect(await ferret('recover', file)).toEqual({ code: 0, out: 'Nothing to recover.\n', err: '' });
  });

  it('says what was taken in, and what was left and why', async () => {
    await writeCrash();
    await writeFile(`${file}.spill-dead`, 'no record\n');
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
    expect(err).toContain('.spill-dead');
    expect(await readdir(directory)).toEqual(['ferret.db', 'ferret.db.spill-newer']);
  });

  it('prints JSON', async () => {
    await writeCrash();
    await writeFile(`${file}.spill-dead`, 'no record\n');
    expect(JSON.parse((await ferret('recover', file, '--json')).out)).toEqual({
      spillFiles: 1,
      spans: 0,
      damaged: 1,
      interrupted: 2,
      left: [],
      diagnostics: [{ code: 'SPILL_DAMAGED', message: expect.stringContaining('.spill-dead') }],
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

  it('R13: counts the -wal of a live file as a part of it, before and afterwards', async () => {
    const store = await createStoreFixture(file);
    const row = await store.addProcess(await store.addRun());
    for (let at = 0; at < 100; at++) await store.addSpan(row, { attributes: { text: 'x'.repeat(500) } });
    const { bytesBefore, bytesAfter } = JSON.parse((await ferret('prune', file, '--max-age', '9999w', '--json')).out);
    await store.close();
    expect(bytesBefore).toBeGreaterThan(100 * 500);
    expect(bytesAfter).toBeLessThanOrEqual(bytesBefore);
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
