import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, identityOfProcess } from '../spill/spill.fixture.js';
import { spillFileOf } from '../spill/spill-file.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { lookOf } from '../testing/directory-look.js';
import { backupFile } from './backup.js';
import { openReader } from './reader/file-reader.js';
import { SqliteSink } from './sqlite-sink.js';

const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

let directory: string;
let file: string;
let copy: string;
let sink: SqliteSink;

beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  mkdirSync(join(directory, 'copies'));
  copy = join(directory, 'copies', 'copy.db');
  sink = sinkOf(file);
});

afterEach(async () => {
  await sink.close();
  rmSync(directory, { recursive: true });
});

function sinkOf(path: string): SqliteSink {
  return new SqliteSink(
    { file: path, synchronous: 'normal', retention: NEVER },
    identityOfProcess('p', { pid: process.pid }),
    () => {},
  );
}

async function countIn(path: string): Promise<number> {
  const reader = await openReader(path);
  try {
    expect(await reader.check(true)).toEqual([]);
    return (await reader.run()).ledger.stored === 0 ? 0 : await reader.lastSpanId();
  } finally {
    await reader.close();
  }
}

const batch = (id: number) => batchOf(id, 10, { started: id * 10, stored: id * 10 });

describe('P16: a backup', () => {
  it('is whole while the file is being written, private, and leaves the file as it is', async () => {
    await sink.write(batch(1));
    const before = lookOf(directory);
    expect(await backupFile(file, copy)).toEqual({ path: copy, bytes: statSync(copy).size });
    expect(lookOf(directory).filter((line) => !line.startsWith('copies '))).toEqual(
      before.filter((line) => !line.startsWith('copies ')),
    );
    expect(readdirSync(join(directory, 'copies'))).toEqual(['copy.db']);
    if (process.platform !== 'win32') expect(statSync(copy).mode & 0o777).toBe(0o600);
    await sink.write(batch(2));
    expect([await countIn(copy), await countIn(file)]).toEqual([10, 20]);
  });

  it('can be written to like the file', async () => {
    await sink.write(batch(1));
    await backupFile(file, copy);
    const other = sinkOf(copy);
    await other.write(batch(2));
    await other.close();
    expect(await countIn(copy)).toBe(20);
  });

  it('replaces nothing, unless it is forced to: then what has the name, not what that leads to', async () => {
    await sink.write(batch(1));
    writeFileSync(copy, 'mine');
    await expect(backupFile(file, copy)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(statSync(copy).size).toBe(4);
    rmSync(copy);
    writeFileSync(join(directory, 'target'), 'mine');
    symlinkSync(join(directory, 'target'), copy);
    await backupFile(file, copy, { force: true });
    expect(await countIn(copy)).toBe(10);
    expect(statSync(join(directory, 'target')).size).toBe(4);
    await expect(backupFile(file, join(directory, 'copies'), { force: true })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
    expect(readdirSync(join(directory, 'copies'))).toEqual(['copy.db']);
  });

  it('never replaces the file itself, or what lies beside it', async () => {
    await sink.write(batch(1));
    symlinkSync(file, copy);
    for (const path of [file, `${file}-wal`, copy]) {
      await expect(backupFile(file, path, { force: true })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(await countIn(file)).toBe(10);
  });

  it('leaves nothing behind where it fails', async () => {
    await sink.write(batch(1));
    await expect(backupFile(file, join(directory, 'nowhere', 'copy.db'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    await expect(backupFile(file, copy, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(readdirSync(join(directory, 'copies'))).toEqual([]);
  });
});

describe('P16: a copy of the file alone', () => {
  it('has its tables from the first batch on, and says that the -wal is missing', async () => {
    await sink.write(batch(1));
    copyFileSync(file, copy);
    const reader = await openReader(copy);
    await expect(reader.run()).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      message: expect.stringMatching(/its -wal is missing.*ferret backup/),
    });
    await reader.close();
    expect(existsSync(`${copy}-wal`)).toBe(false);
  });
});

describe('P25: a file that is not there, but spill files of it', () => {
  it('are named, and what takes them in', async () => {
    writeFileSync(spillFileOf(file, 'x'), '');
    await expect(openReader(file)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringMatching(/a spill file lies beside it.*"ferret recover"/),
    });
  });
});
