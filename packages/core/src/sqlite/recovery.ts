import { open, stat, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../errors.js';
import type { Report } from '../pipeline/diagnostics.js';
import type { Ledger } from '../pipeline/ledger.js';
import { nowMicros } from '../trace/clock.js';
import type { Database } from './driver.js';
import { acquireLease, releaseLease } from './lease.js';
import { interruptOpenSpans } from './open-spans.js';
import type { ProcessIdentity } from './process-identity.js';
import { mayLive } from './process-liveness.js';
import { openProcessStore, type ProcessStore, writeBatch } from './process-store.js';
import { findSpillFiles, spillFileOf } from './spill-file.js';
import { decode } from './spill-record.js';
import { type SpillContent, type SpilledBatch, scanSpill } from './spill-scan.js';

/** What was found of processes that are gone. */
export interface Recovery {
  /** Spill files taken in, and the spans that were stored from them. */
  readonly spillFiles: number;
  readonly spans: number;
  /** Pieces of spill files that could not be read. */
  readonly damaged: number;
  /** Spans that processes had open when they died, now stored as `interrupted`. */
  readonly interrupted: number;
  /** Spill files left alone, each with the reason. */
  readonly left: readonly LeftSpill[];
}

/** A spill file that is still there, and will be looked at again. */
export interface LeftSpill {
  readonly file: string;
  /**
   * `running`: its process is alive, and takes it in itself; `busy`: another process is taking it in; `newer`: a newer Ferret wrote
   * it; `failed`: see the diagnostics.
   */
  readonly why: 'running' | 'busy' | 'newer' | 'failed';
}

/**
 * Takes over what dead processes left: batches in spill files, each exactly once, and spans that were open. Trouble with one
 * of them is reported, and the others go on.
 */
export async function recover(
  database: Database,
  file: string,
  me: ProcessIdentity,
  report: Report,
): Promise<Recovery> {
  const total = { spillFiles: 0, spans: 0, damaged: 0, interrupted: 0, left: [] as LeftSpill[] };
  const mine = spillFileOf(file, me.processKey);
  for (const spill of await findSpillFiles(file)) {
    if (spill.startsWith(mine)) continue;
    try {
      const taken = await takeInLeased(database, spill, me, report);
      if (typeof taken === 'string') {
        total.left.push({ file: spill, why: taken });
        continue;
      }
      total.spillFiles++;
      total.spans += taken.spans;
      total.damaged += taken.damaged;
    } catch (error) {
      total.left.push({ file: spill, why: 'failed' });
      report('SPILL_FAILED', `${spill} could not be taken in and is kept: ${messageOf(error)}`, error);
    }
  }
  total.interrupted = await interruptDead(database, me);
  return total;
}

async function takeInLeased(
  database: Database,
  spill: string,
  me: ProcessIdentity,
  report: Report,
): Promise<{ spans: number; damaged: number } | LeftSpill['why']> {
  const lease = `spill ${basename(spill)}`;
  if (!(await acquireLease(database, lease, me, nowMicros()))) return 'busy';
  try {
    const { mtimeMs } = await stat(spill);
    const content = await scanSpill(spill);
    const { process, end, damaged } = content;
    if (content.isNewer) {
      report(
        'SPILL_FAILED',
        `${spill} was written by a newer version of Ferret and is kept for it. Update @ferretjs/core.`,
      );
      return 'newer';
    }
    if (end === undefined && process !== undefined && mayLive(process, mtimeMs * 1000, nowMicros())) return 'running';
    if (damaged > 0) {
      report(
        'SPILL_DAMAGED',
        `${damaged} pieces of ${spill} were torn or damaged, and are lost; all others were taken in.`,
      );
    }
    const renew = () => acquireLease(database, lease, me, nowMicros());
    const spans = process === undefined ? 0 : await takeIn(database, spill, process, content, mtimeMs * 1000, renew);
    await unlink(spill);
    return { spans, damaged };
  } finally {
    await releaseLease(database, lease).catch(() => {});
  }
}

interface KnownRow {
  last_batch: number;
  started: number;
  stored: number;
  sampled_out: number;
  dropped_queue_full: number;
  dropped_write_failed: number;
  dropped_closed: number;
  dropped_too_large: number;
}

/** Stores the batches that the process's row does not know, one transaction each; returns how many spans that were. */
async function takeIn(
  database: Database,
  spill: string,
  process: ProcessIdentity,
  { batches, ledger, end }: SpillContent,
  changedAtMicros: number,
  renew: () => Promise<boolean>,
): Promise<number> {
  const store = await openProcessStore(database, process);
  const [row] = await database.all<KnownRow>('SELECT * FROM process WHERE id = ?', [store.processId]);
  const missing = batches.filter(({ id }) => id > row!.last_batch);
  let left = missing.reduce((sum, { spans }) => sum + spans, 0);
  let taken = 0;
  const seenAtMicros = end?.atMicros ?? Math.round(changedAtMicros);
  const handle = await open(spill, 'r');
  try {
    for (const batch of missing) {
      left -= batch.spans;
      taken += batch.spans;
      await storeOne(store, handle, batch, merge(row!, ledger, row!.stored + taken, left), seenAtMicros);
      await renew();
    }
  } finally {
    await handle.close();
  }
  if (end !== undefined) {
    const id = Math.max(row!.last_batch, batches.at(-1)?.id ?? 0) + 1;
    const settled = merge(row!, ledger, row!.stored + taken, 0);
    await writeBatch(store, { id, spans: [], ledger: settled, endReason: end.reason }, end.atMicros);
  }
  return taken;
}

async function storeOne(
  store: ProcessStore,
  handle: Awaited<ReturnType<typeof open>>,
  { id, offset, length }: SpilledBatch,
  ledger: Ledger,
  seenAtMicros: number,
): Promise<void> {
  const line = Buffer.allocUnsafe(length);
  await handle.read(line, 0, length, offset);
  const record = decode(line);
  if (typeof record !== 'object' || !('batch' in record)) throw new Error('it changed while it was read');
  await writeBatch(store, { id, spans: record.batch.spans, ledger }, seenAtMicros);
}

/** What the file and the last record know together. */
function merge(row: KnownRow, last: Ledger | undefined, stored: number, spilled: number): Ledger {
  const newer = (inFile: number, inRecord = 0) => Math.max(inFile, inRecord);
  const { dropped } = last ?? {};
  const merged = {
    started: newer(row.started, last?.started),
    stored,
    sampledOut: newer(row.sampled_out, last?.sampledOut),
    dropped: {
      queueFull: newer(row.dropped_queue_full, dropped?.queueFull),
      writeFailed: newer(row.dropped_write_failed, dropped?.writeFailed),
      closed: newer(row.dropped_closed, dropped?.closed),
      tooLarge: newer(row.dropped_too_large, dropped?.tooLarge),
    },
    spilled,
  };
  const { queueFull, writeFailed, closed, tooLarge } = merged.dropped;
  const settled = stored + merged.sampledOut + queueFull + writeFailed + closed + tooLarge + spilled;
  return { ...merged, pending: merged.started - settled };
}

interface UnendedRow {
  id: number;
  hostname: string;
  pid: number;
  pid_start: string | null;
  last_seen_us: number;
}

/** Of processes without an end that are dead. Returns how many spans they had open. */
async function interruptDead(database: Database, me: ProcessIdentity): Promise<number> {
  const unended = await database.all<UnendedRow>(
    'SELECT id, hostname, pid, pid_start, last_seen_us FROM process WHERE ended_at_us IS NULL AND process_key <> ?',
    [me.processKey],
  );
  let interrupted = 0;
  for (const { id, hostname, pid, pid_start: pidStart, last_seen_us: lastSeen } of unended) {
    if (!mayLive({ hostname, pid, pidStart }, lastSeen, nowMicros())) {
      interrupted += await interruptOpenSpans(database, id);
    }
  }
  return interrupted;
}
