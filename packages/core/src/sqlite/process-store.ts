import { FerretError } from '../errors.js';
import type { Ledger } from '../pipeline/ledger.js';
import { type SinkTick, type SpanBatch, StoreUnavailableError } from '../pipeline/sink.js';
import { nowMicros } from '../trace/clock.js';
import type { SpanRecord } from '../trace/span.js';
import { encode, INSERT_SPANS } from './batch.js';
import { Dictionary } from './dictionary.js';
import type { Database, SqlValue } from './driver.js';
import { writeOpenSpans } from './open-spans.js';
import type { ProcessIdentity } from './process-identity.js';
import { writeRouteMinutes } from './route-minutes.js';
import { transaction } from './transaction.js';

const INSERT_RUN = `
INSERT INTO run (run_id, service, started_at_us, resource) VALUES (?, ?, ?, ?)
ON CONFLICT (run_id) DO NOTHING`;

const INSERT_PROCESS = `
INSERT INTO process (
  process_key, run_id, pid, thread_id, thread_name, hostname, node_version, started_at_us, last_seen_us, pid_start
)
SELECT ?1, run.id, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9 FROM run WHERE run.run_id = ?2
ON CONFLICT (process_key) DO UPDATE SET process_key = process_key
RETURNING id, (SELECT number FROM generation) AS generation`;

/** `last_insert_rowid()` is the last row of the batch inserted just before, in the same transaction. */
const UPDATE_PROCESS = `
UPDATE process SET
  last_seen_us = ?2, ended_at_us = ?3, end_reason = ?4,
  started = ?5, stored = ?6, sampled_out = ?7, dropped_queue_full = ?8, dropped_write_failed = ?9,
  dropped_closed = ?10, dropped_too_large = ?11, spilled = ?12,
  first_span_id = CASE WHEN ?13 = 0 THEN first_span_id
    ELSE min(coalesce(first_span_id, last_insert_rowid()), last_insert_rowid() - ?13 + 1) END,
  last_span_id = CASE WHEN ?13 = 0 THEN last_span_id
    ELSE max(coalesce(last_span_id, 0), last_insert_rowid()) END,
  last_batch = ?14
WHERE id = ?1 AND last_batch < ?14`;

const SELECT_GENERATION = `
SELECT (SELECT number FROM generation) AS generation FROM process WHERE id = ? AND process_key = ?`;

/** A file opened for one process's spans. */
export interface ProcessStore {
  readonly database: Database;
  readonly dictionary: Dictionary;
  readonly processId: number;
  readonly processKey: string;
}

/** The process has been deleted from the file, by age, while it was silent; it may be entered again. */
export class ProcessGoneError extends StoreUnavailableError {}

/** Enters a process and its run into the file, where they are not there already. */
export async function openProcessStore(database: Database, me: ProcessIdentity): Promise<ProcessStore> {
  await database.run(INSERT_RUN, [me.runId, me.service, me.startedAtMicros, JSON.stringify(me.resource)]);
  const [row] = await database.all<{ id: number; generation: number }>(INSERT_PROCESS, [
    me.processKey,
    me.runId,
    me.pid,
    me.threadId,
    me.threadName,
    me.hostname,
    me.nodeVersion,
    me.startedAtMicros,
    me.pidStart,
  ]);
  if (row === undefined) throw new FerretError('STORE_FAILED', `The run ${me.runId} vanished from the file.`);
  return { database, dictionary: new Dictionary(row.generation), processId: row.id, processKey: me.processKey };
}

/**
 * One transaction: the spans and the ledger that counts them stand or fall together. A batch that is there already changes nothing.
 * One whose ids are those of a generation that has ended is put together once more: their strings may be gone.
 */
export async function writeBatch(store: ProcessStore, batch: SpanBatch, seenAtMicros = nowMicros()): Promise<void> {
  const { database, dictionary, processId } = store;
  const { id, spans, ledger, endReason } = batch;
  const encoded = spans.length === 0 ? [] : await encodeKnown(spans, store);
  const isWritten = await transaction(database, async () => {
    if (!dictionary.holdsIn(await requireProcess(store))) return false;
    if (spans.length > 0) await database.run(INSERT_SPANS, [processId, ...encoded, id]);
    await database.run(UPDATE_PROCESS, [
      processId,
      seenAtMicros,
      endReason === undefined ? null : seenAtMicros,
      endReason ?? null,
      ...counts(ledger),
      spans.length,
      id,
    ]);
    if (endReason !== undefined) await database.run('DELETE FROM open_span WHERE process_id = ?', [processId]);
    return true;
  });
  if (!isWritten) await writeBatch(store, batch, seenAtMicros);
}

/** Not at once: this may be the end of a request, and others wait for it. */
async function encodeKnown(spans: readonly SpanRecord[], { database, dictionary }: ProcessStore): Promise<SqlValue[]> {
  await undefined;
  const encoded = encode(spans, dictionary);
  if (!dictionary.hasUnknown) return encoded;
  await dictionary.learn(database);
  return encode(spans, dictionary);
}

const NOTE_TICK = `
UPDATE process SET
  last_seen_us = ?2,
  started = ?3, stored = ?4, sampled_out = ?5, dropped_queue_full = ?6, dropped_write_failed = ?7,
  dropped_closed = ?8, dropped_too_large = ?9, spilled = ?10,
  ticked_span_id = (SELECT max(id) FROM span)
WHERE id = ?1`;

/** One transaction: what is open, what was counted, and the ledger. */
export async function writeTick(store: ProcessStore, tick: SinkTick): Promise<void> {
  const { database, processId } = store;
  await transaction(database, async () => {
    await requireProcess(store);
    await writeOpenSpans(database, processId, tick.openSpans);
    await writeRouteMinutes(database, processId, tick.routeMinutes);
    await database.run(NOTE_TICK, [processId, nowMicros(), ...counts(tick.ledger)]);
  });
}

/** Makes sure that the process is still in the file. Returns the file's generation: no second look is needed. */
export async function requireProcess({ database, processId, processKey }: ProcessStore): Promise<number> {
  const [known] = await database.all<{ generation: number }>(SELECT_GENERATION, [processId, processKey]);
  if (known === undefined) throw new ProcessGoneError('the process is not in the file any more');
  return known.generation;
}

function counts({ started, stored, sampledOut, dropped, spilled }: Ledger): number[] {
  const { queueFull, writeFailed, closed, tooLarge } = dropped;
  return [started, stored, sampledOut, queueFull, writeFailed, closed, tooLarge, spilled];
}
