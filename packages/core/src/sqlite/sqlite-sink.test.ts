import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DiagnosticCode } from '../diagnostics.js';
import { identifyProcess } from '../process/process-identity.js';
import { HEARTBEAT_MILLIS } from '../process/process-liveness.js';
import { LedgerCounters } from '../sink/ledger.js';
import { StoreUnavailableError } from '../sink/sink.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { SpanIds } from '../trace/ids.js';
import { SpanData } from '../trace/span-data.js';
import { type Database, openDatabase } from './file/driver.js';
import { APPLICATION_ID, CREATE_TABLES, SCHEMA_VERSION } from './file/schema.js';
import { openReader } from './reader/file-reader.js';
import { SqliteSink } from './sqlite-sink.js';
import { Dictionary } from './store/dictionary.js';

let directory: string;
let file: string;
let reports: [DiagnosticCode, string][];
let nextId = 1;

beforeEach(async () => {
  directory = temporaryDirectory();
  file = join(directory, 'ferret.db');
  reports = [];
});

const sink = (runId = 'run-1', path = file) =>
  new SqliteSink(
    {
      file: path,
      synchronous: 'normal',
      retention: { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
    },
    identifyProcess(runId, 'shop', { 'service.name': 'shop' }),
    (code, message) => reports.push([code, message]),
  );

const ledger = (stored = 0) => Object.assign(new LedgerCounters(), { started: stored, stored }).snapshot();

function span(change: Partial<SpanData> = {}, attributes: Record<string, unknown> = {}): SpanData {
  const { traceId = 'ab'.repeat(16), spanId = 'cd'.repeat(8), parentId, ...rest } = change;
  const data = new SpanData('GET /users/:id', 'server', SpanIds.parse(traceId, spanId, parentId), true);
  Object.assign(data.values, attributes);
  return Object.assign(data, rest);
}

async function query<Row extends object>(sql: string, path = file): Promise<Row[]> {
  const database = await openDatabase(path, 'read');
  try {
    return await database.all<Row>(sql);
  } finally {
    await database.close();
  }
}

describe('the file', () => {
  it('is recognisable, in WAL mode, private and created with its directory', async () => {
    const nested = join(directory, 'a', 'b', 'ferret.db');
    const store = sink('run', nested);
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    expect(((await stat(nested)).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(`${nested}-wal`)).mode & 0o777).toString(8)).toBe('600');
    expect(
      await query(
        `SELECT (SELECT application_id FROM pragma_application_id) AS application,
           (SELECT user_version FROM pragma_user_version) AS version,
           (SELECT journal_mode FROM pragma_journal_mode) AS journal,
           (SELECT auto_vacuum FROM pragma_auto_vacuum) AS vacuum`,
        nested,
      ),
    ).toEqual([{ application: APPLICATION_ID, version: SCHEMA_VERSION, journal: 'wal', vacuum: 2 }]);
    await store.close();
    expect(await readdir(join(directory, 'a', 'b'))).toEqual(['ferret.db']);
  });

  it('is not made before there is something to store', async () => {
    const store = sink();
    await store.write({ id: nextId++, spans: [], ledger: ledger(), endReason: 'close' });
    await store.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is refused, and left as it is, when it belongs to another program (FAULTS 6)', async () => {
    const other = await openDatabase(file, 'write');
    await other.exec('CREATE TABLE accounts (id INTEGER); PRAGMA user_version = 7;');
    await other.close();
    await expect(sink().write({ id: nextId++, spans: [span()], ledger: ledger() })).rejects.toMatchObject({
      code: 'FILE_FOREIGN',
      message: expect.stringContaining(file),
    });
    expect(await query('SELECT name FROM sqlite_schema')).toEqual([{ name: 'accounts' }]);
  });

  it('is refused when a newer version wrote it, which is named (FAULTS 10)', async () => {
    const first = sink();
    await first.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    await first.close();
    const database = await openDatabase(file, 'write');
    await database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    await database.close();
    await expect(sink().write({ id: nextId++, spans: [span()], ledger: ledger() })).rejects.toMatchObject({
      code: 'FILE_NEWER',
      message: expect.stringContaining(`schema ${SCHEMA_VERSION + 1}`),
    });
  });

  it('is moved aside, not deleted, when it is damaged (FAULTS 6)', async () => {
    await writeFile(file, 'this is no database, '.repeat(100));
    const store = sink();
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    await store.close();
    const names = await readdir(directory);
    expect(names).toEqual(['ferret.db', expect.stringMatching(/^ferret\.db\.corrupt-/)]);
    expect(reports).toEqual([['FILE_MOVED_ASIDE', expect.stringContaining(String(names[1]))]]);
  });

  it('is moved aside whichever of its pages is damaged, and the batch goes to a new one (FAULTS 6)', async () => {
    const first = sink();
    await first.write({ id: nextId++, spans: Array.from({ length: 100 }, () => span()), ledger: ledger(100) });
    await first.close();
    const whole = await readFile(file);
    for (let page = 0; page < whole.length; page += 4096) {
      await writeFile(file, Buffer.from(whole).fill('garbage! ', page, page + 4096));
      const store = sink();
      const batch = { id: nextId++, spans: [span()], ledger: ledger(1) };
      await store.write(batch).catch((error) => {
        expect(error).toBeInstanceOf(StoreUnavailableError);
        return store.write(batch);
      });
      await store.close();
    }
    expect(new Set(reports.map(([code]) => code))).toEqual(new Set(['FILE_MOVED_ASIDE']));
  });

  it('is begun where an empty one lies', async () => {
    await writeFile(file, '');
    const store = sink();
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    await store.close();
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('that cannot be opened is an error that names it', async () => {
    await writeFile(join(directory, 'plain'), '');
    const path = join(directory, 'plain', 'ferret.db');
    await expect(sink('run', path).write({ id: nextId++, spans: [span()], ledger: ledger() })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(path),
    });
  });
});

describe('a batch', () => {
  it('is stored field by field', async () => {
    const store = sink();
    const shared = Object.freeze({ 'url.scheme': 'http', 'user_agent.original': 'curl/8' });
    const child = span({
      name: 'SELECT',
      kind: 'client',
      parentId: 'ef'.repeat(8),
      isLocalRoot: false,
      outcome: 'ok',
    } as never);
    const request = span(
      {
        startMicros: 1_700_000_000_123_456,
        durationNanos: 1_234_567,
        outcome: 'error',
        errorType: '500',
        httpMethod: 'GET',
        httpRoute: '/users/:id',
        httpStatusCode: 500,
        sharedAttributes: shared,
      },
      { 'url.path': '/users/1', rows: [1, 2], ok: true, ratio: 0.5 },
    );
    await store.write({ id: nextId++, spans: [child, request], ledger: ledger(2) });
    await store.close();

    const rows = await query<Record<string, unknown>>('SELECT * FROM ferret_spans_v1 ORDER BY start_us');
    const stored = rows.find((row) => row['name'] === 'GET /users/:id');
    expect(Object.keys(stored ?? {})).toEqual(
      'trace_id span_id parent_id run_id process_key pid thread_id name kind start_us duration_ns outcome http_method http_route http_status_code error_type attributes keep_reason keep_probability'.split(
        ' ',
      ),
    );
    expect(stored).toMatchObject({
      trace_id: 'ab'.repeat(16),
      span_id: 'cd'.repeat(8),
      parent_id: null,
      run_id: 'run-1',
      pid: process.pid,
      thread_id: 0,
      kind: 'server',
      start_us: 1_700_000_000_123_456,
      duration_ns: 1_234_567,
      outcome: 'error',
      http_method: 'GET',
      http_route: '/users/:id',
      http_status_code: 500,
      error_type: '500',
    });
    expect(JSON.parse(String(stored?.['attributes']))).toEqual({
      'http.request.method': 'GET',
      'http.route': '/users/:id',
      'http.response.status_code': 500,
      'error.type': '500',
      'url.scheme': 'http',
      'user_agent.original': 'curl/8',
      'url.path': '/users/1',
      rows: [1, 2],
      ok: true,
      ratio: 0.5,
    });
    expect(rows.find((row) => row['name'] === 'SELECT')).toMatchObject({
      kind: 'client',
      parent_id: 'ef'.repeat(8),
      outcome: 'ok',
      http_method: null,
      http_status_code: null,
      error_type: null,
      attributes: '{}',
    });
  });

  it('keeps the ledger in the same transaction', async () => {
    const store = sink();
    await store.write({ id: nextId++, spans: [span(), span()], ledger: ledger(2) });
    expect(await query('SELECT started, stored, ended_at_us FROM ferret_processes_v1')).toEqual([
      { started: 2, stored: 2, ended_at_us: null },
    ]);
    await store.write({ id: nextId++, spans: [], ledger: ledger(2), endReason: 'SIGTERM' });
    await store.close();
    const [row] = await query<Record<string, unknown>>('SELECT * FROM ferret_processes_v1');
    expect(row).toMatchObject({ end_reason: 'SIGTERM', node_version: process.versions.node, thread_name: 'main' });
    expect(row?.['ended_at_us']).toBeGreaterThan(1_600_000_000_000_000);
    const [run] = await query<Record<string, unknown>>('SELECT * FROM ferret_runs_v1');
    expect(run).toMatchObject({ run_id: 'run-1', service: 'shop', resource: '{"service.name":"shop"}' });
    expect(run?.['ended_at_us']).toBe(row?.['ended_at_us']);
  });

  it('survives names and values made to break SQL, JSON and text', async () => {
    const nasty = `'); DROP TABLE span; -- "\u0001\u001b[31m\u202e\ud83d\ude00`;
    const store = sink();
    await store.write({ id: nextId++, spans: [span({ name: nasty }, { [nasty]: nasty })], ledger: ledger(1) });
    await store.close();
    const [row] = await query<{ name: string; attributes: string }>('SELECT name, attributes FROM ferret_spans_v1');
    expect(row?.name).toBe(nasty);
    expect(JSON.parse(row?.attributes ?? '')).toEqual({ [nasty]: nasty });
  });

  it('remembers where the rows of its process lie', async () => {
    const [one, two] = [sink('run-1'), sink('run-2')];
    await one.write({ id: nextId++, spans: [span(), span()], ledger: ledger(2) });
    await two.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    await one.write({ id: nextId++, spans: [span()], ledger: ledger(3) });
    await Promise.all([one.close(), two.close()]);
    expect(await query('SELECT first_span_id, last_span_id FROM process ORDER BY id')).toEqual([
      { first_span_id: 1, last_span_id: 4 },
      { first_span_id: 3, last_span_id: 3 },
    ]);
  });

  it('is tried again later while another process holds the file', async () => {
    const store = sink();
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    const other = await openDatabase(file, 'write');
    await other.exec('BEGIN IMMEDIATE');
    await expect(store.write({ id: nextId++, spans: [span()], ledger: ledger(2) })).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    await other.exec('ROLLBACK');
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(2) });
    await Promise.all([store.close(), other.close()]);
    expect(await query('SELECT count(*) AS spans FROM ferret_spans_v1')).toEqual([{ spans: 2 }]);
  });

  it('is stored as a whole or not at all', async () => {
    const store = sink();
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    const bad = span({ startMicros: 'never' as never });
    await expect(store.write({ id: nextId++, spans: [span(), bad], ledger: ledger(3) })).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(2) });
    await store.close();
    expect(await query('SELECT stored, (SELECT count(*) FROM span) AS spans FROM process')).toEqual([
      { stored: 2, spans: 2 },
    ]);
  });
});

describe('a trace', () => {
  it('is found whole, however far apart in the file its spans lie', async () => {
    const store = sink();
    const other = (index: number) => span({ traceId: index.toString(16).padStart(32, '0') });
    for (let batch = 0; batch < 20; batch++) {
      const filler = Array.from({ length: 511 }, (_, index) => other(batch * 511 + index));
      const spans = batch % 9 === 0 ? [span({ name: `part ${batch}` }), ...filler] : filler;
      await store.write({ id: nextId++, spans, ledger: ledger() });
    }
    await store.close();
    const reader = await openReader(file);
    expect((await reader.trace('ab'.repeat(16))).map(({ name }) => name).sort()).toEqual([
      'part 0',
      'part 18',
      'part 9',
    ]);
    expect(await reader.trace('12'.padStart(32, '0'))).toHaveLength(1);
    await reader.close();
  });
});

describe('an idle process', () => {
  const nothing = { openSpans: [], routeMinutes: [], ledger: ledger(1) };
  const lastSeen = () => query('SELECT last_seen_us > 0 AS isKnown FROM process');

  it('says now and then that it lives, for those that cannot see it', async () => {
    const store = sink();
    await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
    const other = await openDatabase(file, 'write');
    await other.exec('UPDATE process SET last_seen_us = 0');
    await other.close();
    await store.tick(nothing);
    expect(await lastSeen()).toEqual([{ isKnown: 0 }]);
    const later = performance.now() + HEARTBEAT_MILLIS;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    await store.tick(nothing);
    clock.mockRestore();
    expect(await lastSeen()).toEqual([{ isKnown: 1 }]);
    await store.close();
  });

  it('that has stored nothing makes no file for it', async () => {
    const store = sink();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + HEARTBEAT_MILLIS);
    await store.tick(nothing);
    clock.mockRestore();
    await store.close();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('several writers', () => {
  it('start one file at once', async () => {
    const stores = Array.from({ length: 4 }, (_, index) => sink(`run-${index}`));
    const write = async (store: SqliteSink) => {
      for (;;) {
        try {
          return await store.write({ id: nextId++, spans: [span()], ledger: ledger(1) });
        } catch (error) {
          if (!(error instanceof StoreUnavailableError)) throw error;
        }
      }
    };
    await Promise.all(stores.map(write));
    await Promise.all(stores.map((store) => store.close()));
    expect(
      await query('SELECT count(*) AS spans, count(DISTINCT process_key) AS processes FROM ferret_spans_v1'),
    ).toEqual([{ spans: 4, processes: 4 }]);
  });
});

describe('the dictionary', () => {
  const open = async (): Promise<Database> => {
    const database = await openDatabase(file, 'write');
    await database.exec(CREATE_TABLES);
    return database;
  };

  it('gives processes that share a file the same ids', async () => {
    const database = await open();
    const [one, two] = [new Dictionary(1), new Dictionary(1)];
    expect(one.reference('GET /a')).toBe('GET /a');
    expect(one.hasUnknown).toBe(true);
    await one.learn(database);
    for (const text of ['GET /b', 'GET /a']) two.reference(text);
    await two.learn(database);
    expect(two.reference('GET /a')).toBe(one.reference('GET /a'));
    expect(two.reference('GET /b')).not.toBe(one.reference('GET /a'));
    expect([one.hasUnknown, one.reference(undefined)]).toEqual([false, null]);
    await database.close();
  });

  it('writes text in place when it is full, so that it never grows without end (FAULTS 40)', async () => {
    const database = await open();
    const dictionary = new Dictionary(1, 2);
    for (const text of ['a', 'b', 'c']) dictionary.reference(text);
    await dictionary.learn(database);
    expect(dictionary.reference('c')).toBe('c');
    expect(await database.all('SELECT count(*) AS n FROM string')).toEqual([{ n: 2 }]);
    await database.close();
  });
});
