import { copyFile, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture } from '../../testing/store-fixture.js';
import { openDatabase } from '../file/driver.js';
import { openReader } from './file-reader.js';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function writeStore(path = file): Promise<void> {
  const store = await createStoreFixture(path);
  await store.addSpan(await store.addProcess(await store.addRun()));
  await store.close();
}

async function execute(path: string, sql: string): Promise<void> {
  const database = await openDatabase(path, 'write');
  await database.exec(sql);
  await database.close();
}

describe('opening a file to read', () => {
  it('leaves the directory as it was', async () => {
    await writeStore();
    const before = await stat(file);
    const reader = await openReader(file);
    expect(await reader.statistics('run-1')).toHaveLength(1);
    await reader.close();
    expect(await readdir(directory)).toEqual(['ferret.db']);
    expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  });

  it('sees what a process writes meanwhile, and does not stand in its way', async () => {
    const store = await createStoreFixture(file);
    const process = await store.addProcess(await store.addRun());
    const reader = await openReader(file);
    await store.addSpan(process);
    expect(await reader.statistics('run-1')).toMatchObject([{ count: 1 }]);
    await store.addSpan(process);
    expect(await reader.statistics('run-1')).toMatchObject([{ count: 2 }]);
    await reader.close();
    await store.close();
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('sees what a writer adds that began after it', async () => {
    await writeStore();
    const reader = await openReader(file);
    await execute(file, "UPDATE run SET service = 'renamed'");
    expect((await reader.run()).service).toBe('renamed');
    await reader.close();
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('takes in what a crashed process had left in the -wal', async () => {
    const store = await createStoreFixture(file);
    await store.addRun({ runId: 'crashed' });
    const copy = join(directory, 'copy.db');
    await copyFile(file, copy);
    await copyFile(`${file}-wal`, `${copy}-wal`);
    await store.close();
    const reader = await openReader(copy);
    expect(await reader.run()).toMatchObject({ runId: 'crashed' });
    await reader.close();
  });

  it('takes a path as it is, with the characters that mean something in a URI', async () => {
    const odd = join(directory, 'a b?c=d#e%20f&mode=rwc');
    await mkdir(odd);
    await writeStore(join(odd, 'ferret?.db'));
    const reader = await openReader(join(odd, 'ferret?.db'));
    expect(await reader.runs()).toHaveLength(1);
    await reader.close();
    expect(await readdir(odd)).toEqual(['ferret?.db']);
  });
});

describe('where SQLite cannot make its files beside the database', () => {
  it('a file that nobody writes is read as it is', async () => {
    await writeStore();
    await mkdir(`${file}-shm`);
    const reader = await openReader(file);
    expect(await reader.statistics('run-1')).toMatchObject([{ count: 1 }]);
    await reader.close();
  });

  it('a file with a -wal is read with what the -wal holds', async () => {
    const store = await createStoreFixture(file);
    await store.addRun();
    const copy = join(directory, 'copy.db');
    await copyFile(file, copy);
    await copyFile(`${file}-wal`, `${copy}-wal`);
    await store.close();
    await mkdir(`${copy}-shm`);
    const reader = await openReader(copy);
    expect(await reader.runs()).toHaveLength(1);
    await reader.close();
  });
});

describe('opening a file is refused when', () => {
  it('there is none, and none is created', async () => {
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message: /^There is no file / });
    await expect(openReader(join(directory, 'x', 'y.db'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(openReader('')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('it is a directory', async () => {
    await expect(openReader(directory)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: /is a directory/ });
  });

  it.skipIf(process.platform === 'win32')('it is a pipe or a device', async () => {
    await expect(openReader('/dev/null')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: /not a regular/ });
  });

  it.skipIf(process.platform === 'win32')('its path cannot be followed', async () => {
    await expect(openReader(`${directory}/${'x'.repeat(300)}`)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: /ENAMETOOLONG/,
    });
  });

  it('it is empty', async () => {
    await writeFile(file, '');
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_EMPTY' });
  });

  it('it was begun, and its process ended before it had a table', async () => {
    await execute(file, 'PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;');
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_EMPTY' });
  });

  it('it holds no database', async () => {
    for (const content of ['hello', 'x'.repeat(10_000), 'SQLite format 3\0 but nothing more']) {
      await writeFile(file, content);
      await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_NOT_SQLITE' });
    }
  });

  it('it is the database of another program, which is left as it is', async () => {
    await execute(file, 'PRAGMA journal_mode = WAL; CREATE TABLE theirs (x);');
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_FOREIGN' });
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('a newer Ferret wrote it', async () => {
    await writeStore();
    await execute(file, 'PRAGMA user_version = 99');
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_NEWER', message: /format 99.* format 1\./ });
  });

  it('its tables have not been made yet', async () => {
    await writeStore();
    await execute(file, 'PRAGMA user_version = 0');
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_EMPTY', message: /no tables yet/ });
  });
});

describe('a damaged file', () => {
  it('is reported as such, with its name', async () => {
    await writeStore();
    await truncate(file, 8_192);
    const attempt = openReader(file).then((reader) => reader.runs());
    await expect(attempt).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: /ferret\.db is damaged/ });
  });

  it('that lacks a table is reported with what SQLite says', async () => {
    await writeStore();
    await execute(file, 'PRAGMA foreign_keys = OFF; DROP TABLE run;');
    const reader = await openReader(file);
    await expect(reader.runs()).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: /no such table/ });
    await reader.close();
  });
});

describe('while a reader is open and idle', () => {
  it('a process that ends can remove its -wal, and the reader reads on', async () => {
    const store = await createStoreFixture(file);
    await store.addRun();
    const reader = await openReader(file);
    expect(await reader.runs()).toHaveLength(1);
    // SQLite refuses this, as it leaves the -wal at the end, while another has the file open.
    await vi.waitFor(() => store.database.exec('PRAGMA journal_mode = DELETE'), { timeout: 10_000 });
    expect(await readdir(directory)).toEqual(['ferret.db']);
    expect(await reader.runs()).toHaveLength(1);
    await reader.close();
    await store.close();
  });
});
