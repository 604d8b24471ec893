import { open, stat, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Report } from '../../diagnostics.js';
import { messageOf } from '../../errors.js';
import type { ProcessIdentity } from '../../process/process-identity.js';
import { mayLive } from '../../process/process-liveness.js';
import type { Ledger } from '../../sink/ledger.js';
import { findSpillFiles, processKeyOf, spillFileOf } from '../../spill/spill-file.js';
import { decode } from '../../spill/spill-record.js';
import { type SpillContent, type SpilledBatch, scanSpill } from '../../spill/spill-scan.js';
import { nowMicros } from '../../trace/clock.js';
import { type Database, isSqliteError } from '../file/driver.js';
import { acquireLease, releaseLease } from '../file/lease.js';
import { transaction } from '../file/transaction.js';
import { interruptOpenSpans } from '../store/open-spans.js';
import { openProcessStore, type ProcessStore, requireProcess, writeBatch } from '../store/process-store.js';
import { writeRouteMinutes } from '../store/route-minutes.js';
import { type KnownRow, mergeLedgers } from './recovered-ledger.js';

/** A spill file without a record that is older has been left so. */
const FRESH_MILLIS = 60_000;

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
  // Before the spill files are looked for: what dies after that may leave one more.
  const dead = await findDead(database, me);
  const lost = new Set(dead.map(({ process_key: key }) => key));
  for (const spill of await findSpillFiles(file)) {
    if (spill.startsWith(mine)) continue;
    try {
      const taken = await takeInLeased(database, file, spill, me, report);
      if (typeof taken === 'string') {
        total.left.push({ file: spill, why: taken });
        continue;
      }
      total.spillFiles++;
      total.spans += taken.spans;
      total.damaged += taken.damaged;
      lost.add(taken.from);
    } catch (error) {
      // The database is held by another process: everything is tried again, as soon as that is done.
      if (isBusy(error)) throw error;
      // Another process has taken it in meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      total.left.push({ file: spill, why: 'failed' });
      report('SPILL_FAILED', `${spill} could not be taken in and is kept: ${messageOf(error)}`, error);
    }
  }
  // A span may have ended and wait in a spill file: it is not interrupted before that is taken in.
  const hasSpill = (key: string) => total.left.some((spill) => spill.file.startsWith(spillFileOf(file, key)));
  for (const { id, process_key: key } of await findDead(database, me)) {
    if (lost.has(key) && !hasSpill(key)) total.interrupted += await interruptOpenSpans(database, id);
  }
  return total;
}

function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.code === 'SQLITE_BUSY' || error.code === 'SQLITE_LOCKED');
}

interface Taken {
  readonly spans: number;
  readonly damaged: number;
  /** The key of the process. */
  readonly from: string;
}

async function takeInLeased(
  database: Database,
  file: string,
  spill: string,
  me: ProcessIdentity,
  report: Report,
): Promise<Taken | LeftSpill['why']> {
  const lease = `spill ${basename(spill)}`;
  if (!(await acquireLease(database, lease, me, nowMicros()))) return 'busy';
  try {
    const { mtimeMs, size } = await stat(spill);
    const content = await scanSpill(spill);
    const { process, end, damaged } = content;
    const from = process?.processKey ?? processKeyOf(file, spill);
    if (content.isNewer) {
      report(
        'SPILL_FAILED',
        `${spill} was written by a newer version of Ferret and is kept for it. Update @ferretjs/core.`,
      );
      return 'newer';
    }
    const seenAtMicros = await lastSeenOf(database, from, mtimeMs * 1000);
    if (end === undefined && process !== undefined && mayLive(process, seenAtMicros, nowMicros())) return 'running';
    // Its owner may be about to write the first record.
    if (process === undefined && damaged === 0 && Date.now() - mtimeMs < FRESH_MILLIS) return 'running';
    if (damaged > 0) {
      report(
        'SPILL_DAMAGED',
        `${damaged} pieces of ${spill} were torn or damaged, and are lost; all others were taken in.`,
      );
    }
    const renew = () => acquireLease(database, lease, me, nowMicros());
    const spans = process === undefined ? 0 : await takeIn(database, spill, process, content, seenAtMicros, renew);
    // What could not be read is spilled no more: it is missing.
    await database.run('UPDATE process SET spilled = 0 WHERE process_key = ? AND spilled > 0', [from]);
    // What was written since it was read is taken in next time; the batches that are stored are known.
    if ((await stat(spill)).size !== size) return 'running';
    await unlink(spill);
    return { spans, damaged, from };
  } finally {
    await releaseLease(database, lease, me).catch(() => {});
  }
}

/** The database hears of a process that keeps up again, its spill file of one that cannot write there. */
async function lastSeenOf(database: Database, processKey: string, spillChangedMicros: number): Promise<number> {
  const [row] = await database.all<{ last_seen_us: number }>('SELECT last_seen_us FROM process WHERE process_key = ?', [
    processKey,
  ]);
  return Math.round(Math.max(spillChangedMicros, row?.last_seen_us ?? 0));
}

/** Stores the batches that the process's row does not know, one transaction each; returns how many spans that were. */
async function takeIn(
  database: Database,
  spill: string,
  process: ProcessIdentity,
  { batches, ledger, routeMinutes, end }: SpillContent,
  lastSeenMicros: number,
  renew: () => Promise<boolean>,
): Promise<number> {
  const store = await openProcessStore(database, process);
  const [row] = await database.all<KnownRow>('SELECT * FROM process WHERE id = ?', [store.processId]);
  // As LAST_BATCH in batch.ts has it.
  const missing = batches.filter(
    ({ id, isDeferred }) => id > (isDeferred ? row!.last_deferred_batch : row!.last_batch),
  );
  let left = missing.reduce((sum, { spans }) => sum + spans, 0);
  let taken = 0;
  const seenAtMicros = end?.atMicros ?? lastSeenMicros;
  const handle = await open(spill, 'r');
  try {
    for (const batch of missing) {
      left -= batch.spans;
      taken += batch.spans;
      await storeOne(store, handle, batch, mergeLedgers(row!, ledger, row!.stored + taken, left), seenAtMicros);
      await renew();
    }
  } finally {
    await handle.close();
  }
  await transaction(database, async () => {
    await requireProcess(store);
    await writeRouteMinutes(database, store.processId, routeMinutes);
  });
  if (end !== undefined) {
    const id = Math.max(row!.last_batch, batches.at(-1)?.id ?? 0) + 1;
    const settled = mergeLedgers(row!, ledger, row!.stored + taken, 0);
    await writeBatch(store, { id, spans: [], ledger: settled, endReason: end.reason }, end.atMicros);
  }
  return taken;
}

async function storeOne(
  store: ProcessStore,
  handle: Awaited<ReturnType<typeof open>>,
  { offset, length }: SpilledBatch,
  ledger: Ledger,
  seenAtMicros: number,
): Promise<void> {
  const line = Buffer.allocUnsafe(length);
  await handle.read(line, 0, length, offset);
  const record = decode(line);
  if (typeof record !== 'object' || !('batch' in record)) throw new Error('it changed while it was read');
  await writeBatch(store, { ...record.batch, ledger }, seenAtMicros);
}

interface UnendedRow {
  id: number;
  process_key: string;
  hostname: string;
  pid: number;
  pid_start: string | null;
  last_seen_us: number;
}

/** Processes that the file knows no end of, and that are dead. */
async function findDead(database: Database, me: ProcessIdentity): Promise<UnendedRow[]> {
  const unended = await database.all<UnendedRow>(
    `SELECT id, process_key, hostname, pid, pid_start, last_seen_us FROM process
     WHERE ended_at_us IS NULL AND process_key <> ?`,
    [me.processKey],
  );
  return unended.filter(
    ({ hostname, pid, pid_start: pidStart, last_seen_us: lastSeen }) =>
      !mayLive({ hostname, pid, pidStart }, lastSeen, nowMicros()),
  );
}
