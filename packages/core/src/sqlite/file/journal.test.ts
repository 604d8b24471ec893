import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../sink/sink.js';
import { batchOf, identityOfProcess } from '../../spill/spill.fixture.js';
import { SpillQueue } from '../../spill/spill-queue.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { lookOf, plantJournal } from '../../testing/directory-look.js';
import { openReader } from '../reader/file-reader.js';
import { pruneFile, recoverFile } from '../recover-and-prune.js';
import { SqliteSink } from '../sqlite-sink.js';
import { openDatabase } from './driver.js';

const NEVER = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

let directory: string;
let file: string;
let sink: SqliteSink;

beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  sink = sinkOf('one');
});

afterEach(async () => {
  await sink.close();
  rmSync(directory, { recursive: true });
});

function sinkOf(key: string): SqliteSink {
  return new SqliteSink(
    { file, synchronous: 'normal', journal: 'truncate', retention: NEVER },
    identityOfProcess(key, { pid: process.pid }),
    () => {},
  );
}

async function count(): Promise<number> {
  const reader = await openReader(file);
  try {
    return await reader.lastSpanId();
  } finally {
    await reader.close();
  }
}

/** A process that is killed in the middle of a change that has reached the file. */
async function killInTheMiddle(): Promise<void> {
  const writer = fork(new URL('./journal-writer.fixture.mjs', import.meta.url), [file]);
  await once(writer, 'message');
  const exited = once(writer, 'exit');
  writer.kill('SIGKILL');
  await exited;
}

describe("journal: 'truncate'", () => {
  it('makes neither a -wal nor a -shm, and is read without a trace', async () => {
    await sink.write(batchOf(1));
    expect(existsSync(`${file}-wal`) || existsSync(`${file}-shm`)).toBe(false);
    const before = lookOf(directory);
    expect(await count()).toBe(1);
    expect(lookOf(directory)).toEqual(before);
    const reader = await openReader(file);
    await sink.write(batchOf(2));
    expect(await reader.lastSpanId()).toBe(2);
    await reader.close();
  });

  it('is what tools leave it as', async () => {
    await sink.write(batchOf(1));
    await sink.close();
    await pruneFile(file, { maxAgeDays: 1 });
    const database = await openDatabase(file, 'read');
    expect(await database.all('PRAGMA journal_mode')).not.toEqual([{ journal_mode: 'wal' }]);
    await database.close();
  });

  it('a journal that a killed process left is refused to readers, and taken back by the next writer', async () => {
    await sink.write(batchOf(1));
    await sink.close();
    for (const takeBack of [() => recoverFile(file), () => sinkOf('two').write(batchOf(2))]) {
      await killInTheMiddle();
      expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
      const before = lookOf(directory);
      await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: /ferret recover/ });
      expect(lookOf(directory)).toEqual(before);
      await takeBack();
    }
    const reader = await openReader(file);
    expect(await reader.check(true)).toEqual([]);
    expect((await reader.runs()).map(({ service }) => service)).toEqual(['shop']);
    await reader.close();
  });

  it('P1: a journal that names another file is not touched', async () => {
    await sink.write(batchOf(1));
    await sink.close();
    const victim = join(directory, 'victim.txt');
    writeFileSync(victim, 'dear');
    plantJournal(file, victim);
    const before = lookOf(directory);
    await expect(sinkOf('two').write(batchOf(2))).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(openReader(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(recoverFile(file)).rejects.toMatchObject({ message: expect.stringContaining('ferret.db-journal') });
    expect(lookOf(directory)).toEqual(before);
  });
});

/** A rollback journal as it is before its first page has been copied to it. */
function journalOf(pagesBefore: number): Buffer {
  const journal = Buffer.alloc(512);
  journal.write('d9d505f920a163d7', 'hex');
  journal.writeUInt32BE(pagesBefore, 16);
  journal.writeUInt32BE(512, 20);
  journal.writeUInt32BE(4096, 24);
  return journal;
}

describe.each([
  ['its first page', 0, '', 'FILE_UNREADABLE'],
  ['its -wal', 1, 'PRAGMA journal_mode = WAL', 'FILE_EMPTY'],
])('P23: a process that was killed before it had made more of a file than %s', (_, pagesBefore, first, code) => {
  beforeEach(async () => {
    const database = await openDatabase(file, 'write');
    await database.exec(`PRAGMA auto_vacuum = INCREMENTAL; VACUUM; ${first}`);
    await database.close();
    writeFileSync(`${file}-journal`, journalOf(pagesBefore));
  });

  it('leaves nothing to read, and what "ferret recover" takes back', async () => {
    await expect(openReader(file)).rejects.toMatchObject({ code });
    const spill = new SpillQueue(file, identityOfProcess('dead'), 1e6, () => {});
    expect(spill.appendSync(batchOf(1))).toBe(true);
    spill.end('exit', batchOf(1).ledger, []);
    expect(await recoverFile(file)).toMatchObject({ spillFiles: 1, spans: 1 });
    expect(await count()).toBe(1);
  });

  it('leaves what the next process takes back', async () => {
    await sink.write(batchOf(1));
    expect(await count()).toBe(1);
  });
});
