import { FerretError, messageOf } from '../errors.js';
import type { Report } from '../pipeline/diagnostics.js';
import type { Ledger } from '../pipeline/ledger.js';
import { type SpanBatch, type SpanSink, StoreUnavailableError } from '../pipeline/sink.js';
import { nowMicros } from '../trace/clock.js';
import { announce, encode, INSERT_SPANS } from './batch.js';
import { Dictionary } from './dictionary.js';
import { type Database, isSqliteError } from './driver.js';
import { openForWriting, type Synchronous } from './file.js';
import type { ProcessIdentity } from './process-identity.js';

export interface SqliteSinkOptions {
  readonly file: string;
  readonly synchronous: Synchronous;
}

/** Result codes after which the same write may succeed: another writer, a full or stumbling disk. */
const TEMPORARY = new Set([
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_PROTOCOL',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_NOMEM',
]);

const INSERT_RUN = `
INSERT INTO run (run_id, service, started_at_us, resource) VALUES (?, ?, ?, ?)
ON CONFLICT (run_id) DO NOTHING`;

const INSERT_PROCESS = `
INSERT INTO process (
  process_key, run_id, pid, thread_id, thread_name, hostname, node_version, started_at_us, last_seen_us
)
SELECT ?1, run.id, ?3, ?4, ?5, ?6, ?7, ?8, ?8 FROM run WHERE run.run_id = ?2
RETURNING id`;

/** `last_insert_rowid()` is the last row of the batch inserted just before, in the same transaction. */
const UPDATE_PROCESS = `
UPDATE process SET
  last_seen_us = ?2, ended_at_us = ?3, end_reason = ?4,
  started = ?5, stored = ?6, sampled_out = ?7, dropped_queue_full = ?8, dropped_write_failed = ?9,
  dropped_closed = ?10, dropped_too_large = ?11, spilled = ?12,
  first_span_id = CASE WHEN ?13 = 0 THEN first_span_id
    ELSE min(coalesce(first_span_id, last_insert_rowid()), last_insert_rowid() - ?13 + 1) END,
  last_span_id = CASE WHEN ?13 = 0 THEN last_span_id
    ELSE max(coalesce(last_span_id, 0), last_insert_rowid()) END
WHERE id = ?1`;

/** A file opened for this process. */
interface Store {
  readonly database: Database;
  readonly dictionary: Dictionary;
  readonly processId: number;
}

/** Stores spans in an SQLite file. Opens it with the first batch, so constructing one does no I/O. */
export class SqliteSink implements SpanSink {
  readonly #options: SqliteSinkOptions;
  readonly #process: ProcessIdentity;
  readonly #report: Report;
  #store: Store | undefined;

  constructor(options: SqliteSinkOptions, process: ProcessIdentity, report: Report) {
    this.#options = options;
    this.#process = process;
    this.#report = report;
  }

  async write(batch: SpanBatch): Promise<void> {
    // A process that never stored a span leaves no trace of its end either.
    if (batch.spans.length === 0 && this.#store === undefined) return;
    try {
      this.#store ??= await this.#open();
      await writeBatch(this.#store, batch);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.database.close();
  }

  async #open(): Promise<Store> {
    const { file, synchronous } = this.#options;
    const database = await openForWriting(file, synchronous, (to, cause) => {
      this.#report('FILE_MOVED_ASIDE', `${file} is damaged. It was moved to ${to}, and a new file begun.`, cause);
    });
    try {
      return { database, dictionary: new Dictionary(), processId: await this.#register(database) };
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async #register(database: Database): Promise<number> {
    const me = this.#process;
    await database.run(INSERT_RUN, [me.runId, me.service, me.startedAtMicros, JSON.stringify(me.resource)]);
    const [row] = await database.all<{ id: number }>(INSERT_PROCESS, [
      me.processKey,
      me.runId,
      me.pid,
      me.threadId,
      me.threadName,
      me.hostname,
      me.nodeVersion,
      me.startedAtMicros,
    ]);
    if (row === undefined) throw new FerretError('STORE_FAILED', `The run ${me.runId} vanished from the file.`);
    return row.id;
  }

  #translate(error: unknown): unknown {
    const { file } = this.#options;
    if (isSqliteError(error)) {
      const message = `${file}: ${error.message}`;
      return TEMPORARY.has(error.code)
        ? new StoreUnavailableError(message, { cause: error })
        : new FerretError('STORE_FAILED', message, { cause: error });
    }
    if (error instanceof FerretError) return error;
    return new FerretError('STORE_FAILED', `${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

/** One transaction: the spans and the ledger that counts them stand or fall together. */
async function writeBatch({ database, dictionary, processId }: Store, batch: SpanBatch): Promise<void> {
  const { spans, ledger, endReason } = batch;
  announce(spans, dictionary);
  await dictionary.learn(database);
  await database.run('BEGIN IMMEDIATE');
  try {
    if (spans.length > 0) await database.run(INSERT_SPANS, [processId, encode(spans, dictionary)]);
    const now = nowMicros();
    await database.run(UPDATE_PROCESS, [
      processId,
      now,
      endReason === undefined ? null : now,
      endReason ?? null,
      ...counts(ledger),
      spans.length,
    ]);
    await database.run('COMMIT');
  } catch (error) {
    await database.run('ROLLBACK').catch(() => {});
    throw error;
  }
}

function counts({ started, stored, sampledOut, dropped, spilled }: Ledger): number[] {
  const { queueFull, writeFailed, closed, tooLarge } = dropped;
  return [started, stored, sampledOut, queueFull, writeFailed, closed, tooLarge, spilled];
}
