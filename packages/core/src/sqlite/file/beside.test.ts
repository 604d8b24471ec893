import { execFileSync, fork } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../diagnostics.js';
import { StoreForeignError, StoreUnavailableError } from '../../sink/sink.js';
import { batchOf, identityOfProcess } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { lookOf, plantJournal } from '../../testing/directory-look.js';
import { createStoreFixture } from '../../testing/store-fixture.js';
import { openReader } from '../reader/file-reader.js';
import { pruneFile, recoverFile } from '../recover-and-prune.js';
import { SqliteSink } from '../sqlite-sink.js';
import { openDatabase } from './driver.js';

const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const hasPipes = process.platform !== 'win32';

let directory: string;
let file: string;
let victim: string;

beforeEach(async () => {
  const root = temporaryDirectory();
  victim = join(root, 'victim.txt');
  writeFileSync(victim, 'dear');
  directory = join(root, 'd');
  mkdirSync(directory);
  file = join(directory, 'ferret.db');
  await writeStore(file);
});

afterEach(() => {
  rmSync(join(directory, '..'), { recursive: true });
});

async function writeStore(path: string): Promise<void> {
  const store = await createStoreFixture(path);
  await store.addSpan(await store.addProcess(await store.addRun()));
  await store.close();
}

async function execute(sql: string, path = file): Promise<void> {
  const database = await openDatabase(path, 'write');
  await database.exec(sql);
  await database.close();
}

function sinkOf(reports: DiagnosticCode[] = []): SqliteSink {
  return new SqliteSink(
    { file, synchronous: 'normal', retention: NEVER },
    identityOfProcess('p', { pid: process.pid }),
    (code) => reports.push(code),
  );
}

/** Everything that reads: what it answers is said in other tests. */
async function readAll(path = file): Promise<void> {
  const reader = await openReader(path);
  try {
    await reader.runs();
    for await (const _ of reader.traces(undefined));
    await reader.health();
    expect(await reader.check(true)).toEqual([]);
    for await (const _ of reader.crashes());
  } finally {
    await reader.close();
  }
}

/** The file as a process leaves it that was killed while it had it open. */
async function leaveKilled(): Promise<void> {
  const store = await createStoreFixture(join(directory, 'live.db'));
  await store.addSpan(await store.addProcess(await store.addRun()));
  for (const suffix of ['', '-wal', '-shm']) copyFileSync(join(directory, `live.db${suffix}`), file + suffix);
  await store.close();
  rmSync(join(directory, 'live.db'));
}

describe('P1: a rollback journal beside the file', () => {
  const REFUSED = { code: 'FILE_UNREADABLE', message: expect.stringContaining('ferret.db-journal') };

  it('is refused by name when the file is read, pruned or recovered, and nothing around changes', async () => {
    plantJournal(file, victim);
    const before = [lookOf(directory), lookOf(join(directory, '..'))];
    await expect(openReader(file)).rejects.toMatchObject(REFUSED);
    await expect(pruneFile(file, { maxAgeDays: 1 })).rejects.toMatchObject(REFUSED);
    await expect(recoverFile(file)).rejects.toMatchObject(REFUSED);
    expect([lookOf(directory), lookOf(join(directory, '..'))]).toEqual(before);
  });

  it('is found beside the file that a link leads to', async () => {
    plantJournal(file, victim);
    const link = join(directory, '..', 'link.db');
    symlinkSync(file, link);
    await expect(openReader(link)).rejects.toMatchObject(REFUSED);
    expect(existsSync(victim)).toBe(true);
  });

  it('is no reason to lose a span: the writer waits until it has gone', async () => {
    plantJournal(file, victim);
    const before = [lookOf(directory), lookOf(join(directory, '..'))];
    const sink = sinkOf();
    await expect(sink.write(batchOf(1))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect([lookOf(directory), lookOf(join(directory, '..'))]).toEqual(before);
    rmSync(`${file}-journal`);
    await sink.write(batchOf(1));
    await sink.close();
  });

  it('is refused beside a file that is new or empty, too', async () => {
    plantJournal(file, victim);
    for (const prepare of [() => rmSync(file), () => writeFileSync(file, '')]) {
      prepare();
      await expect(sinkOf().write(batchOf(1))).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(existsSync(victim)).toBe(true);
      expect(existsSync(`${file}-journal`)).toBe(true);
    }
  });

  it('is refused where it appears while the file is open to be read', async () => {
    const reader = await openReader(file);
    plantJournal(file, victim);
    await expect(reader.runs()).rejects.toMatchObject(REFUSED);
    await reader.close();
    expect(existsSync(victim)).toBe(true);
  });
});

describe('P1: what lies beside the file under a name of SQLite', () => {
  const THINGS = {
    'a link': (path: string) => symlinkSync(victim, path),
    'a dangling link': (path: string) => symlinkSync(join(directory, '..', 'made.txt'), path),
    'a directory': (path: string) => mkdirSync(path),
    ...(hasPipes && { 'a pipe': (path: string) => execFileSync('mkfifo', [path]) }),
  };

  for (const suffix of ['-journal', '-wal']) {
    for (const [what, make] of Object.entries(THINGS)) {
      it(`${suffix} as ${what} is refused by name, and left as it is`, async () => {
        make(file + suffix);
        const before = lookOf(directory);
        const named = { message: expect.stringContaining(`ferret.db${suffix}`) };
        await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', ...named });
        await expect(sinkOf().write(batchOf(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', ...named });
        expect(lookOf(directory)).toEqual(before);
        expect(existsSync(join(directory, '..', 'made.txt'))).toBe(false);
      });
    }
  }

  for (const [what, make] of Object.entries(THINGS)) {
    it(`-shm as ${what} is not touched: the file is read without it`, async () => {
      await leaveKilled();
      rmSync(`${file}-shm`);
      make(`${file}-shm`);
      const before = lookOf(directory);
      await readAll();
      expect(lookOf(directory)).toEqual(before);
      await expect(sinkOf().write(batchOf(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(lookOf(directory)).toEqual(before);
    });
  }
});

describe('reading changes, creates and removes nothing', () => {
  it('of a file that nobody has open', async () => {
    const before = lookOf(directory);
    await readAll();
    expect(lookOf(directory)).toEqual(before);
  });

  it('of a file whose process was killed: with -wal and -shm, with the -wal alone, with an empty one', async () => {
    await leaveKilled();
    for (const prepare of [() => {}, () => rmSync(`${file}-shm`)]) {
      prepare();
      const before = lookOf(directory);
      await readAll();
      expect(lookOf(directory)).toEqual(before);
    }
    await writeStore(join(directory, 'other.db'));
    writeFileSync(join(directory, 'other.db-wal'), '');
    const before = lookOf(directory);
    await readAll(join(directory, 'other.db'));
    expect(lookOf(directory)).toEqual(before);
  });

  it('of a file that another process has open', async () => {
    const writer = fork(new URL('./beside-writer.fixture.mjs', import.meta.url), [file], { stdio: 'inherit' });
    const ended = new Promise((resolve) => writer.once('exit', resolve));
    await new Promise((resolve) => writer.once('message', resolve));
    const before = lookOf(directory);
    await readAll();
    expect(lookOf(directory)).toEqual(before);
    writer.kill('SIGKILL');
    await ended;
  });
});

describe('P1: a schema that is not ours', () => {
  const CASES = {
    'a trigger': 'CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END',
    'a view in place of a table': 'DROP TABLE lease; CREATE VIEW lease AS SELECT 1 AS name, 2 AS holder',
    'a generated column': 'ALTER TABLE lease ADD COLUMN bomb ANY AS (zeroblob(1000000000))',
    'a table without our types': 'DROP TABLE lease; CREATE TABLE lease (name, holder, expires_at_us)',
    'an index over an expression': "CREATE INDEX bomb ON run (service || 'x')",
    'a unique index': 'CREATE UNIQUE INDEX bomb ON run (service)',
    'a partial index': 'CREATE INDEX bomb ON run (service) WHERE length(service) > 1',
    'a virtual table': 'CREATE VIRTUAL TABLE bomb USING fts5(x)',
  };

  for (const [what, sql] of Object.entries(CASES)) {
    it(`${what} is refused, to read and to write`, async () => {
      await execute(sql);
      const before = lookOf(directory);
      await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_FOREIGN' });
      expect(lookOf(directory)).toEqual(before);
      await expect(sinkOf().write(batchOf(1))).rejects.toBeInstanceOf(StoreForeignError);
    });
  }

  it('but an index over columns, and tables and views of other names, are the user’s own', async () => {
    await execute(
      'CREATE INDEX mine ON span (start_us, kind); CREATE TABLE notes (x); CREATE VIEW v AS SELECT 1; ANALYZE',
    );
    await readAll();
    const sink = sinkOf();
    await sink.write(batchOf(1));
    await sink.close();
  });
});
