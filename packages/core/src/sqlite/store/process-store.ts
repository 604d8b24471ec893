import { FerretError } from '../../errors.js';
import type { ProcessIdentity } from '../../process/process-identity.js';
import type { Ledger } from '../../sink/ledger.js';
import { type SinkTick, type SpanBatch, StoreUnavailableError } from '../../sink/sink.js';
import { nowMicros } from '../../trace/clock.js';
import type { SpanRecord } from '../../trace/span.js';
import type { Database } from '../file/driver.js';
import { transaction } from '../file/transaction.js';
import { insertBatch, prepareForBatches } from './batch-insert.js';
import { Dictionary } from './dictionary.js';
import { writeOpenSpans } from './open-spans.js';
import { writeRouteMinutes } from './route-minutes.js';
import { type EncodedSpans, encode } from './span-rows.js';

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
  await prepareForBatches(database);
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
 * Stores a batch, with {@link insertBatch}. One whose ids are those of a generation that has ended is put together once more: their
 * strings may be gone.
 *
 * @throws ProcessGoneError; StoreUnavailableError where the file says one thing and then another.
 */
export async function writeBatch(store: ProcessStore, batch: SpanBatch, seenAtMicros = nowMicros()): Promise<void> {
  const { database, dictionary, processId, processKey } = store;
  const { id, isDeferred, spans, ledger, endReason } = batch;
  const encoded = await encodeKnown(spans, store);
  const isStored = await insertBatch(database, {
    process_id: processId,
    process_key: processKey,
    generation: dictionary.generation,
    number: id,
    is_deferred: isDeferred ? 1 : 0,
    ...encoded,
    spans: spans.length,
    seen_at_us: seenAtMicros,
    ended_at_us: endReason === undefined ? null : seenAtMicros,
    end_reason: endReason ?? null,
    ...counts(ledger),
  });
  if (isStored) return;
  const generation = await requireProcess(store);
  if (generation === dictionary.generation) throw new StoreUnavailableError('the file refused a batch that fits it');
  dictionary.enter(generation);
  await writeBatch(store, batch, seenAtMicros);
}

/** Not at once: this may be the end of a request, and others wait for it. */
async function encodeKnown(
  spans: readonly SpanRecord[],
  { database, dictionary }: ProcessStore,
): Promise<EncodedSpans> {
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
    await database.run(NOTE_TICK, [processId, nowMicros(), ...Object.values(counts(tick.ledger))]);
  });
}

/** Makes sure that the process is still in the file. Returns the file's generation. */
export async function requireProcess({ database, processId, processKey }: ProcessStore): Promise<number> {
  const [known] = await database.all<{ generation: number }>(SELECT_GENERATION, [processId, processKey]);
  if (known === undefined) throw new ProcessGoneError('the process is not in the file any more');
  return known.generation;
}

/** By the columns of the process's row, in the order that {@link NOTE_TICK} binds them. */
function counts({ started, stored, sampledOut, dropped, spilled }: Ledger) {
  return {
    started,
    stored,
    sampled_out: sampledOut,
    dropped_queue_full: dropped.queueFull,
    dropped_write_failed: dropped.writeFailed,
    dropped_closed: dropped.closed,
    dropped_too_large: dropped.tooLarge,
    spilled,
  };
}
