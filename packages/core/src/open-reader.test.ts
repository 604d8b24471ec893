import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenStore, openReader, registerStore } from './open-reader.js';
import type { Reader } from './sqlite/reader/file-reader.js';
import { createStoreFixture } from './testing/store-fixture.js';

let directory: string;
let file: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ferret open#reader-'));
  file = join(directory, 'ferret.db');
  const store = await createStoreFixture(file);
  await store.addProcess(await store.addRun({ runId: 'run-1' }));
  await store.close();
});

afterAll(() => rmSync(directory, { recursive: true }));

async function newestRun(target: string): Promise<string> {
  const reader = await openReader(target, { inPlace: true });
  try {
    return (await reader.run()).runId;
  } finally {
    await reader.close();
  }
}

describe('a reader of a file', () => {
  it('opens by path and by file:// URL', async () => {
    expect(await newestRun(file)).toBe('run-1');
    expect(await newestRun(pathToFileURL(file).href)).toBe('run-1');
  });

  it.each(['C:\\data\\ferret.db', 'C:/data/ferret.db', 'c://data/ferret.db', 'at 12:30.db', 'mailto:x'])(
    'treats %j as a path',
    async (target) => {
      await expect(openReader(target)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    },
  );

  it('refuses a file:// URL of another host', async () => {
    await expect(openReader('file://other-host/ferret.db')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('a reader of a registered store', () => {
  it('is opened by the function of its scheme, with the URL as it was given', async () => {
    const opened: Parameters<OpenStore>[] = [];
    const reader = {} as Reader;
    registerStore('test-store', async (...parameters) => {
      opened.push(parameters);
      return reader;
    });
    expect(await openReader('Test-Store://host:8123/db?a=b', { inPlace: true })).toBe(reader);
    expect(opened).toEqual([['Test-Store://host:8123/db?a=b', { inPlace: true }]]);
  });

  it('names the registered schemes if the scheme is unknown', async () => {
    await expect(openReader('nowhere://host/db')).rejects.toMatchObject({
      code: 'STORE_UNKNOWN',
      message: expect.stringMatching(/^No store is registered for nowhere:\/\/ URLs\. .* a URL of file:\/\/.*\.$/),
    });
  });

  it.each(['', 'c', 'Upper', 'with space', 'file', '1st'])('is not registered as %j', (scheme) => {
    expect(() => registerStore(scheme, () => Promise.reject(new Error('never')))).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});
