import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, identityOfProcess } from '../../spill/spill.fixture.js';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createOlderFile } from '../../testing/older-file.js';
import { openReader, type StoredSpan } from '../reader/file-reader.js';
import { BEGIN_GENERATION, pruneStrings } from '../retention/string-retention.js';
import { openProcessStore, writeBatch } from '../store/process-store.js';
import { type Database, openDatabase } from './driver.js';
import { openForWriting } from './file.js';
import { MIGRATIONS, OLDEST_VERSION } from './migrations.js';
import { SCHEMA_VERSION } from './schema.js';

const CONTENT = `
INSERT INTO run VALUES (1, 'old', 'shop', 1, '{}');
INSERT INTO process (process_key, run_id, pid, thread_id, thread_name, hostname, node_version, started_at_us, last_seen_us, ended_at_us, end_reason, started, stored, first_span_id, last_span_id)
VALUES ('p', 1, 1, 0, 'main', 'box', '20', 1, 2, 2, 'close', 1, 1, 1, 1);
INSERT INTO string (id, text) VALUES (1, 'GET /');
INSERT INTO span (process_id, trace_id, span_id, is_local_root, name, kind, start_us, duration_ns, outcome)
VALUES (1, zeroblob(16), zeroblob(8), 1, 1, 1, 1, 1, 0);`;

let directory: string;
let file: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const open = (path = file) => openForWriting(path, 'normal', () => {});

/** Tables with their columns, indexes and views: what a file is made of, however it came to be. */
async function schemaOf(database: Database): Promise<unknown> {
  const columns = await database.all(
    `SELECT tables.name AS "table", columns.* FROM pragma_table_list AS tables, pragma_table_xinfo(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND tables.schema = 'main' ORDER BY 1, columns.name`,
  );
  const tables = await database.all(
    "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name",
  );
  const others = await database.all("SELECT type, name, sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name");
  const numbers = await database.all(
    'SELECT user_version, application_id FROM pragma_user_version, pragma_application_id',
  );
  // A column that was added later stands behind the others.
  return { columns: columns.map((column) => ({ ...column, cid: undefined })), tables, others, numbers };
}

describe('an older file', () => {
  it('can be read as it is, and while it becomes what a new file is', async () => {
    await createOlderFile(file, CONTENT);
    const reader = await openReader(file);
    const read = async () => {
      const spans: StoredSpan[] = [];
      for await (const span of reader.spans('old')) spans.push(span);
      return spans;
    };
    const before = await read();
    expect(before).not.toEqual([]);
    const database = await open();
    await database.exec("INSERT INTO event (span_row, position, time_us, name) VALUES (1, 0, 5, 'retry')");
    expect(await read()).toEqual(before.map((span) => ({ ...span, events: [{ name: 'retry', timeMicros: 5 }] })));
    await reader.close();
    await database.close();
  });

  it('becomes what a new file is', async () => {
    await createOlderFile(file, CONTENT);
    const [migrated, fresh] = [await open(), await open(join(directory, 'fresh.db'))];
    expect(await schemaOf(migrated)).toEqual(await schemaOf(fresh));
    expect(await migrated.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    await Promise.all([migrated.close(), fresh.close()]);
  });

  it('keeps what it holds, and takes what comes', async () => {
    await createOlderFile(file, CONTENT);
    const database = await open();
    const store = await openProcessStore(database, identityOfProcess('new', { runId: 'new' }));
    await writeBatch(store, batchOf(1, 2, { started: 2, stored: 2 }));
    await database.close();
    const reader = await openReader(file);
    expect((await reader.runs()).map(({ runId, ledger }) => [runId, ledger.stored])).toEqual([
      ['new', 2],
      ['old', 1],
    ]);
    expect((await reader.statistics('old'))[0]?.name).toBe('GET /');
    await reader.close();
  });

  it('loses its strings with its spans', async () => {
    await createOlderFile(file, `${CONTENT} INSERT INTO string (id, text) VALUES (2, 'nobody');`);
    const database = await open();
    const store = await openProcessStore(database, identityOfProcess('new', { runId: 'new' }));
    await writeBatch(store, batchOf(1));
    const begun = async () => (await database.all(BEGIN_GENERATION)).length;
    await database.run('DELETE FROM span WHERE id = 1');
    expect([await begun(), await begun()]).toEqual([1, 0]);
    await database.run('DELETE FROM span');
    expect(await begun()).toBe(1);
    for await (const _ of pruneStrings(database));
    expect(await database.all('SELECT text FROM string')).toEqual([{ text: 'batch 1' }]);
    await database.close();
  });

  it('is migrated once, if several processes open it at once', async () => {
    await createOlderFile(file, CONTENT);
    const attempt = async (): Promise<Database> => open().catch(attempt);
    const databases = await Promise.all([attempt(), attempt(), attempt()]);
    for (const database of databases) {
      expect(await database.all('PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
    }
    await Promise.all(databases.map((database) => database.close()));
  });

  it('stays what it is if a migration does not come to its end (FAULTS 10)', async () => {
    await createOlderFile(file, `${CONTENT} CREATE TABLE event (in_the_way INTEGER);`);
    await expect(open()).rejects.toThrow(/event/);
    const database = await openDatabase(file, 'read');
    expect(await database.all('PRAGMA user_version')).toEqual([{ user_version: OLDEST_VERSION }]);
    expect(await database.all("SELECT name FROM pragma_table_list WHERE name = 'link'")).toEqual([]);
    expect(await database.all('SELECT count(*) AS spans FROM ferret_spans_v1')).toEqual([{ spans: 1 }]);
    await database.close();
  });

  it('is read as it is', async () => {
    await createOlderFile(file, CONTENT);
    const reader = await openReader(file);
    expect((await reader.run('old')).processes).toMatchObject([{ state: 'ended', endReason: 'close' }]);
    expect(await reader.trace('0'.repeat(32))).toHaveLength(1);
    await reader.close();
  });
});

it('there is a way from every schema that is read to the newest', () => {
  expect(Object.keys(MIGRATIONS).map(Number)).toEqual(
    Array.from({ length: SCHEMA_VERSION - OLDEST_VERSION }, (_, index) => OLDEST_VERSION + index),
  );
});

it('a file that is older still is refused by writers and readers, and left as it is', async () => {
  await createOlderFile(file, `${CONTENT} PRAGMA user_version = ${OLDEST_VERSION - 1};`);
  const code = 'FILE_OLDER';
  await expect(open()).rejects.toMatchObject({ code, message: expect.stringMatching(/left as it is/) });
  await expect(openReader(file)).rejects.toMatchObject({ code, message: expect.stringMatching(/formats 5 to 6/) });
  const database = await openDatabase(file, 'read');
  expect(await database.all('SELECT count(*) AS spans FROM span')).toEqual([{ spans: 1 }]);
  await database.close();
});
