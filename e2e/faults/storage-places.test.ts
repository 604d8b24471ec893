import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { runScript } from '../child.js';
import { temporaryDirectory, temporaryFile } from '../temporary.js';
import { ENDED_WELL, expectSound } from './invariants.js';
import { startService } from './service.js';
import { canMount, mountVolume } from './volume.js';

/** Root writes into any directory, so the service gives up being root. */
const NOBODY = process.getuid?.() === 0 ? { RUN_AS: '65534' } : {};

/** A service that cannot store anything works as well as one that can, warns once and counts. */
async function expectCountedOnly(database: string, environment: Record<string, string> = {}) {
  const service = await startService({ database }, { environment });
  const load = service.load(200);
  await expect.poll(() => load.requests, { timeout: 10_000 }).toBeGreaterThan(300);
  const { requests, wrong } = await load.stop();
  expect(wrong).toEqual([]);
  const { ledger, stderr } = await service.close();
  expect(ledger).toMatchObject({ started: requests * 2, stored: 0, spilled: 0, pending: 0 });
  expect(ledger.dropped).toEqual({ queueFull: 0, writeFailed: requests * 2, closed: 0, tooLarge: 0 });
  expect(stderr.match(/FerretWarning/g)).toHaveLength(1);
  expect(stderr).toContain(`[FERRET_WRITE_FAILED] FerretWarning`);
  expect(stderr).toContain(database);
}

it('4 a. a directory that may only be read: one warning, and everything is counted', async () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o555);
  await expectCountedOnly(join(directory, 'ferret.db'), NOBODY);
  expect(readdirSync(directory)).toEqual([]);
});

it('4 b. a file in it that is there already: the same, and it stays as it is', async () => {
  const database = temporaryFile();
  await runScript('createFerret(options).start("work").end()', database);
  const before = readFileSync(database);
  chmodSync(database, 0o444);
  chmodSync(dirname(database), 0o555);
  await expectCountedOnly(database, NOBODY);
  expect(readFileSync(database).equals(before)).toBe(true);
});

// As 4 a and b, by a volume in place of permissions, where one can be had.
for (const kilobytes of canMount ? [1_024] : []) {
  it('4 c. a volume that is mounted read-only: the same, with a file and without', async () => {
    const volume = mountVolume(kilobytes);
    const [there, missing] = [join(volume.directory, 'ferret.db'), join(volume.directory, 'missing.db')] as const;
    await runScript('createFerret(options).start("work").end()', there);
    const before = readFileSync(there);
    volume.remountReadOnly();
    for (const database of [there, missing]) await expectCountedOnly(database);
    expect(readFileSync(there).equals(before)).toBe(true);
    expect(readdirSync(volume.directory)).toEqual(['ferret.db']);
  });
}

it('9 a. a parent directory that is missing is created, and so are those above it', async () => {
  const database = join(dirname(temporaryFile()), 'a', 'b', 'c', 'ferret.db');
  expect(await runScript('createFerret(options).start("work").end()', database)).toMatchObject({
    ...ENDED_WELL,
    stderr: '',
  });
  expect(await expectSound(database)).toMatchObject([{ stored: 1, end_reason: 'exit' }]);
});

it('9 b. a path that is a directory is an error at construction that names it', async () => {
  const directory = dirname(temporaryFile());
  const end = await runScript(
    `try {
       createFerret(options);
     } catch ({ code, message }) {
       console.error(code, message);
     }`,
    directory,
  );
  expect(end).toMatchObject(ENDED_WELL);
  expect(end.stderr).toMatch(/^INVALID_OPTION /);
  expect(end.stderr).toContain(directory);
});
