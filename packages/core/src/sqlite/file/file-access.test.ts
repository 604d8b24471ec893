import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { mayBeOpened } from './file-access.js';

const temporaryFile = async () => join(temporaryDirectory(), 'x.db');

it('tells a file that may be opened, also where it is still to be made', async () => {
  const file = await temporaryFile();
  expect(await mayBeOpened(file)).toBe(true);
  for (const suffix of ['', '-wal', '-shm']) await writeFile(file + suffix, '');
  expect(await mayBeOpened(file)).toBe(true);
});

it.each(['', '-wal', '-shm'])('from one where a directory has its name%s', async (suffix) => {
  const file = await temporaryFile();
  await mkdir(file + suffix);
  expect(await mayBeOpened(file)).toBe(false);
});

it('and from one whose directory is missing', async () => {
  expect(await mayBeOpened(join(await temporaryFile(), 'x.db'))).toBe(false);
});
