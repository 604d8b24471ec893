import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture, type StoreFixture } from '../../testing/store-fixture.js';
import { openReader, type Reader } from './file-reader.js';

/** A file without spans, with what fills it and what reads it. */
export interface OpenedFile {
  readonly file: string;
  readonly store: StoreFixture;
  readonly reader: Reader;
}

/** Opens a file of its own for each test, and closes it afterwards. */
export function openForEach(give: (opened: OpenedFile) => void): void {
  let directory: string;
  let opened: OpenedFile;

  beforeEach(async () => {
    directory = temporaryDirectory();
    const file = join(directory, 'ferret.db');
    const store = await createStoreFixture(file);
    opened = { file, store, reader: await openReader(file) };
    give(opened);
  });

  afterEach(async () => {
    await opened.reader.close();
    await opened.store.close();
    await rm(directory, { recursive: true });
  });
}
