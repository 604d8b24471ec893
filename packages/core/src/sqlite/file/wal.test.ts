import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../../diagnostics.js';
import { FerretInstance } from '../../ferret/ferret-instance.js';
import { type SpanBatch, StoreUnavailableError } from '../../sink/sink.js';
import { batchOf, identityOfProcess } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture } from '../../testing/store-fixture.js';
import { SqliteSink } from '../sqlite-sink.js';
import { openDatabase } from './driver.js';
import { MAX_WAL_BYTES } from './wal.js';

const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

let directory: string;
let file: string;
let reports: string[];
let sink: SqliteSink;

beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  reports = [];
  sink = new SqliteSink(
    { file, synchronous: 'normal', retention: NEVER },
    identityOfProcess('one', { pid: process.pid }),
    (code) => reports.push(code),
  );
});

afterEach(async () => {
  await sink.close();
  rmSync(directory, { recursive: true });
});

async function startReader(): Promise<ChildProcess> {
  const reader = fork(new URL('./wal-reader.fixture.mjs', import.meta.url), [file]);
  await once(reader, 'message');
  return reader;
}

async function stopReader(reader: ChildProcess): Promise<void> {
  const exited = once(reader, 'exit');
  reader.send('end');
  await exited;
}

/** Has the -wal grow beyond its limit, as many batches would. */
async function fillWal(): Promise<void> {
  const other = await openDatabase(file, 'write');
  await other.exec(`CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(${MAX_WAL_BYTES}))`);
  await other.close();
}

const walBytes = () => statSync(`${file}-wal`).size;

async function namesIn(path = file): Promise<unknown[]> {
  const database = await openDatabase(path, 'read');
  const rows = await database.all<{ name: string }>('SELECT name FROM ferret_spans_v1');
  await database.close();
  return rows.map(({ name }) => name);
}

describe('P18: a reader that does not end holds the -wal', () => {
  it('from its limit on nothing is written, the reader is named, and its end is enough', async () => {
    await sink.write(batchOf(1));
    const reader = await startReader();
    await fillWal();
    await sink.write(batchOf(2));
    const held = walBytes();
    expect(held).toBeGreaterThan(MAX_WAL_BYTES);
    await expect(sink.write(batchOf(3))).rejects.toBeInstanceOf(StoreUnavailableError);
    if (process.platform === 'linux') {
      await expect(sink.write(batchOf(3))).rejects.toThrow(`as process ${reader.pid} keeps a transaction open`);
    }
    expect(walBytes()).toBe(held);
    await stopReader(reader);
    await sink.write(batchOf(3));
    expect(walBytes()).toBeLessThan(MAX_WAL_BYTES);
    expect(await namesIn()).toEqual(['batch 1', 'batch 2', 'batch 3']);
  });

  it('what is recorded meanwhile goes to the spill, within its limit, and from there to the file', async () => {
    const diagnostics: Diagnostic[] = [];
    const ferret = new FerretInstance({
      database: file,
      shutdownHooks: false,
      flushIntervalMillis: 5,
      batchSize: 100,
      maxSpansPerSecond: Number.POSITIVE_INFINITY,
      ceilingSpansPerSecond: Number.POSITIVE_INFINITY,
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    });
    const record = (count: number) => {
      for (let i = 0; i < count; i++) ferret.start('work').end();
    };
    record(100);
    await ferret.flush();
    const reader = await startReader();
    await fillWal();
    const recordUntil = (check: () => void) =>
      vi.waitFor(
        () => {
          record(100);
          check();
        },
        { timeout: 20_000, interval: 100 },
      );
    await recordUntil(() => expect(diagnostics).toHaveLength(1));
    expect(diagnostics[0]).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ferret.db-wal'),
    });
    const held = walBytes();
    await recordUntil(() => expect(ferret.stats().spilled).toBeGreaterThanOrEqual(500));
    expect(walBytes()).toBe(held);
    await stopReader(reader);
    await ferret.flush();
    const { started, stored, dropped } = ferret.stats();
    expect(stored).toBe(started);
    expect(Object.values(dropped)).toEqual([0, 0, 0, 0]);
    await ferret.close();
    expect(await namesIn()).toHaveLength(started);
  });
});

describe('P17: the -wal or -shm of an open file', () => {
  /** As the pipeline does it: again where the store says that this may help. */
  async function write(batch: SpanBatch): Promise<void> {
    await sink.write(batch).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError)) throw error;
      return sink.write(batch);
    });
  }

  /** Returns the names that would be in the file if the process were killed now. */
  async function namesAfterKill(): Promise<unknown[]> {
    const copy = join(directory, 'killed.db');
    for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix);
    return namesIn(copy);
  }

  for (const suffixes of [['-wal', '-shm'], ['-wal'], ['-shm']]) {
    it(`removed (${suffixes.join(', ')}): noticed, opened again, nothing of it is lost`, async () => {
      await write(batchOf(1));
      for (const suffix of suffixes) rmSync(file + suffix);
      await write(batchOf(2));
      expect(reports).toEqual(['FILE_REPLACED']);
      expect(await namesAfterKill()).toEqual(['batch 1', 'batch 2']);
      await write(batchOf(3));
      expect(reports).toHaveLength(1);
      expect(await namesAfterKill()).toEqual(['batch 1', 'batch 2', 'batch 3']);
    });
  }

  it('replaced by another: noticed, and what follows is stored', async () => {
    await write(batchOf(1));
    const other = join(directory, 'other.db');
    const store = await createStoreFixture(other);
    await store.addRun();
    copyFileSync(`${other}-wal`, join(directory, 'copy'));
    await store.close();
    renameSync(join(directory, 'copy'), `${file}-wal`);
    await write(batchOf(2));
    expect(reports).toContain('FILE_REPLACED');
    expect(await namesIn()).toContain('batch 2');
    expect(readdirSync(directory).filter((name) => name.includes('corrupt'))).toEqual([]);
  });
});
