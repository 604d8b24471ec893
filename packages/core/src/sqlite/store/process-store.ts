import { FerretError } from '../../errors.js';
import type { ProcessIdentity } from '../../process/process-identity.js';
import { LEDGER_COLUMN_NAMES, toLedgerRow } from '../../sink/ledger.js';
import { type SinkTick, type SpanBatch, StoreUnavailableError } from '../../sink/sink.js';
import { nowMicros } from '../../trace/clock.js';
import type { SpanRecord } from '../../trace/span.js';
import type { Database } from '../file/driver.js';
import { StatementList } from '../file/transaction.js';
import { insertBatch, prepareForBatches } from './batch-insert.js';
import { Dictionary } from './dictionary.js';
import { OpenSpanRows } from './open-span-rows.js';
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
  readonly openSpans: OpenSpanRows;
}

/** The process has been deleted from the file, by age, while it was silent; it may be entered again. */
export class ProcessGoneError extends StoreUnavailableError {}

const GONE = 'the process is not in the file any more';

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
  return {
    database,
    dictionary: new Dictionary(row.generation),
    processId: row.id,
    processKey: me.processKey,
    openSpans: new OpenSpanRows(),
  };
}

/**
 * Stores a batch, with {@link insertBatch}. One whose ids are those of a generation that has ended is put together once
 * more: their strings may be gone.
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
    ...toLedgerRow(ledger),
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
  ${LEDGER_COLUMN_NAMES.map((column, index) => `${column} = ?${index + 3}`).join(', ')},
  ticked_span_id = (SELECT max(id) FROM span)
WHERE id = ?1`;

/** Writes open spans, counts and the ledger in one transaction. */
export async function writeTick(store: ProcessStore, tick: SinkTick): Promise<void> {
  const { database, processId } = store;
  let committed = () => {};
  await writeForProcess(store, async (list) => {
    committed = await store.openSpans.write(database, list, processId, tick.openSpans);
    await writeRouteMinutes(list, processId, tick.routeMinutes);
    const row = toLedgerRow(tick.ledger);
    await list.run(NOTE_TICK, [processId, nowMicros(), ...LEDGER_COLUMN_NAMES.map((column) => row[column])]);
  });
  committed();
}

/**
 * Runs what `add` puts on the list, in one transaction, if the process is still in the file.
 *
 * @throws ProcessGoneError
 */
export async function writeForProcess(
  { database, processId, processKey }: ProcessStore,
  add: (list: StatementList) => Promise<void>,
): Promise<void> {
  const list = new StatementList();
  await add(list);
  const known = { sql: SELECT_GENERATION, parameters: [processId, processKey], mustFind: true };
  const results = await database.transaction([known, ...list.statements]);
  if (results === undefined) throw new ProcessGoneError(GONE);
}

/** Makes sure that the process is still in the file. Returns the file's generation. */
async function requireProcess({ database, processId, processKey }: ProcessStore): Promise<number> {
  const [known] = await database.all<{ generation: number }>(SELECT_GENERATION, [processId, processKey]);
  if (known === undefined) throw new ProcessGoneError(GONE);
  return known.generation;
}
