import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import type { Database } from './driver.js';
import { openForWriting } from './file.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

let directory: string;
let file: string;
let reports: string[];

beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  reports = [];
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Opens the file, looks, and closes it. */
async function whileOpen(look: (database: Database) => unknown = () => {}): Promise<void> {
  const database = await openForWriting(file, 'normal', (code, message) => reports.push(`${code} ${message}`));
  try {
    await look(database);
  } finally {
    await database.close();
  }
}

describe.skipIf(process.platform === 'win32')('P22: the file is this user’s alone', () => {
  it('a new one, with what SQLite keeps beside it', async () => {
    await whileOpen(() => {
      for (const suffix of ['', '-wal', '-shm']) expect(modeOf(file + suffix)).toBe('600');
    });
    expect(reports).toEqual([]);
  });

  it('a new one at the other end of a link of ours', async () => {
    mkdirSync(join(directory, 'data'));
    symlinkSync(join('data', 'real.db'), file);
    await whileOpen(() => {
      for (const suffix of ['', '-wal', '-shm'])
        expect(modeOf(join(directory, 'data', `real.db${suffix}`))).toBe('600');
    });
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('one of ours with a loose mode, whose files beside it are loose too', async () => {
    await whileOpen();
    writeFileSync(`${file}-wal`, '');
    for (const suffix of ['', '-wal']) chmodSync(file + suffix, 0o666);
    await whileOpen(() => {
      for (const suffix of ['', '-wal', '-shm']) expect(modeOf(file + suffix)).toBe('600');
    });
    expect(reports).toEqual([]);
  });

  it('one that may only be read stays so', async () => {
    await whileOpen();
    chmodSync(file, 0o444);
    await whileOpen().catch(() => {});
    expect(modeOf(file)).toBe('400');
  });

  it('one with a second name is reported', async () => {
    await whileOpen();
    linkSync(file, join(directory, 'second.db'));
    await whileOpen();
    expect(reports).toEqual([expect.stringMatching(/^FILE_NOT_PRIVATE .*ferret\.db has 2 names/)]);
  });

  it.runIf(isRoot)('another user’s file is reported', async () => {
    await whileOpen();
    chownSync(file, NOBODY, NOBODY);
    await whileOpen();
    expect(reports).toEqual([expect.stringMatching(/^FILE_NOT_PRIVATE .*belongs to another user \(uid 65534\)/)]);
  });

  it.runIf(isRoot)('another user’s link is not followed, and nothing is made at its other end', async () => {
    symlinkSync(join(directory, 'chosen.db'), file);
    lchownSync(file, NOBODY, NOBODY);
    await expect(whileOpen()).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(file) });
    expect(existsSync(join(directory, 'chosen.db'))).toBe(false);
  });

  it('links that lead in a circle, and what is no regular file, are refused', async () => {
    symlinkSync(file, file);
    await expect(whileOpen()).rejects.toThrow();
    rmSync(file);
    mkdirSync(file);
    await expect(whileOpen()).rejects.toMatchObject({ code: 'STORE_FAILED', message: /a directory/ });
  });
});
