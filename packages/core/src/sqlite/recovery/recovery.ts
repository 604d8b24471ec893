import { type FileHandle, lstat, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Report } from '../../diagnostics.js';
import { messageOf } from '../../errors.js';
import type { ProcessIdentity } from '../../process/process-identity.js';
import { mayLive } from '../../process/process-liveness.js';
import { LEDGER_COLUMN_NAMES, type Ledger } from '../../sink/ledger.js';
import { findSpillFiles, hasCopies, NEXT_COPIES, processKeyOf, spillFileOf } from '../../spill/spill-file.js';
import { beginsAsSpill, ForeignSpillError, openSpill } from '../../spill/spill-handle.js';
import { decode } from '../../spill/spill-record.js';
import { type SpillContent, type SpilledBatch, scanSpill } from '../../spill/spill-scan.js';
import { nowMicros } from '../../trace/clock.js';
import { type Database, isSqliteError } from '../file/driver.js';
import { acquireLease, releaseLease } from '../file/lease.js';
import { interruptOpenSpans } from '../store/open-span-rows.js';
import { openProcessStore, type ProcessStore, writeBatch, writeForProcess } from '../store/process-store.js';
import { writeRouteMinutes } from '../store/route-minutes.js';
import { type KnownRow, mergeLedgers } from './recovered-ledger.js';

/** A spill file without a record that is older has been left so. */
const FRESH_MILLIS = 60_000;

/** Form of {@link ProcessIdentity.processKey}. */
const PROCESS_KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Figures of all that dead processes left and this one took over. */
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
   * `running`: its process is alive, and takes it in itself; `busy`: another process is taking it in; `newer`: a newer
   * Ferret wrote it; `foreign`: it is no spill file of ours, whatever its name; `failed`: see the diagnostics.
   */
  readonly why: 'running' | 'busy' | 'newer' | 'foreign' | 'failed';
}

/**
 * Takes over what dead processes left: batches in spill files, each exactly once, and spans that were open. Trouble
 * with one of them is reported, and the others go on.
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
  // A span may have ended and wait in a spill file: it is not interrupted, nor a copy of it stored, before that is
  // taken in.
  const hasSpill = (key: string) => total.left.find((spill) => spill.file.startsWith(spillFileOf(file, key)));
  for (const spill of await findSpillFiles(file)) {
    if (spill.startsWith(mine)) continue;
    const before = hasCopies(spill) ? hasSpill(processKeyOf(file, spill)) : undefined;
    if (before !== undefined) {
      total.left.push({ file: spill, why: before.why });
      continue;
    }
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
      const isForeign = error instanceof ForeignSpillError;
      total.left.push({ file: spill, why: isForeign ? 'foreign' : 'failed' });
      if (isForeign)
        report('SPILL_FAILED', `${spill} is not a spill file of ours and is left as it is: ${error.message}`);
      else report('SPILL_FAILED', `${spill} could not be taken in and is kept: ${messageOf(error)}`, error);
    }
  }
  for (const { id, process_key: key } of await findDead(database, me)) {
    if (lost.has(key) && hasSpill(key) === undefined) total.interrupted += await interruptOpenSpans(database, id);
  }
  return total;
}

function isBusy(error: unknown): boolean {
  return isSqliteError(error) && error.code === 'busy';
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
  // Before the lease: what is not ours costs no transaction.
  const handle = await openSpill(spill);
  const lease = `spill ${basename(spill)}`;
  try {
    if (!(await acquireLease(database, lease, me, nowMicros()))) return 'busy';
    return await takeInOpen(database, file, { path: spill, handle }, report, () =>
      acquireLease(database, lease, me, nowMicros()),
    );
  } finally {
    await handle.close();
    await releaseLease(database, lease, me).catch(() => {});
  }
}

interface OpenSpill {
  readonly path: string;
  readonly handle: FileHandle;
}

async function takeInOpen(
  database: Database,
  file: string,
  spill: OpenSpill,
  report: Report,
  renew: () => Promise<boolean>,
): Promise<Taken | LeftSpill['why']> {
  const { path, handle } = spill;
  const { mtimeMs, size, ino } = await handle.stat();
  const key = processKeyOf(file, path);
  const row = await database.all('SELECT 1 FROM process WHERE process_key = ?', [key]);
  const isNamedByUs = row.length > 0 || (size === 0 && PROCESS_KEY.test(key));
  if (!isNamedByUs && !(await beginsAsSpill(handle))) throw new ForeignSpillError('it does not begin with a record');
  const content = await scanSpill(handle);
  const { process, end, damaged } = content;
  const from = process?.processKey ?? key;
  if (content.isNewer) {
    report(
      'SPILL_FAILED',
      `${path} was written by a newer version of Ferret and is kept for it. Update @ferretjs/core.`,
    );
    return 'newer';
  }
  const isFresh = Date.now() - mtimeMs < FRESH_MILLIS;
  if (process === undefined && !isNamedByUs && !isFresh) throw new ForeignSpillError('it holds no record');
  const seenAtMicros = await lastSeenOf(database, from, mtimeMs * 1000);
  // Copies say how their process ended if it is dead.
  const isOver = end !== undefined && !hasCopies(path);
  if (!isOver && process !== undefined && mayLive(process, seenAtMicros, nowMicros())) return 'running';
  // Its owner may be about to write the first record.
  if (process === undefined && isFresh && (damaged === 0 || !isNamedByUs)) return 'running';
  if (damaged > 0) {
    report(
      'SPILL_DAMAGED',
      `${damaged} pieces of ${path} were torn or damaged, and are lost; all others were taken in.`,
    );
  }
  const spans = process === undefined ? 0 : await takeIn(database, handle, process, content, seenAtMicros, renew);
  // Spans that could not be read are missing, and no longer spilled.
  await database.run('UPDATE process SET spilled = 0 WHERE process_key = ? AND spilled > 0', [from]);
  const now = await lstat(path);
  // Batches written since the file was read are taken in next time; those that are stored are known.
  if (now.ino !== ino || now.size !== size) return 'running';
  if (hasCopies(path)) await unlinkOurs(spillFileOf(file, key, NEXT_COPIES));
  await unlink(path);
  return { spans, damaged, from };
}

/** Removes what is a spill file of ours by all but its content, which may be torn. */
async function unlinkOurs(spill: string): Promise<void> {
  const handle = await openSpill(spill).catch(() => undefined);
  if (handle === undefined) return;
  await handle.close();
  await unlink(spill).catch(() => {});
}

/** The database hears of a process that keeps up again, its spill file of one that cannot write there. */
async function lastSeenOf(database: Database, processKey: string, spillChangedMicros: number): Promise<number> {
  const [row] = await database.all<{ last_seen_us: number }>('SELECT last_seen_us FROM process WHERE process_key = ?', [
    processKey,
  ]);
  return Math.round(Math.max(spillChangedMicros, row?.last_seen_us ?? 0));
}

/**
 * `stored` is what the process claimed, or its rows where these are more: it may have given up on a write that went
 * well after all. Fewer are no sign of anything, as retention deletes them.
 */
const SELECT_KNOWN = `
SELECT
  last_batch, last_deferred_batch, ${LEDGER_COLUMN_NAMES.filter((column) => column !== 'stored').join(', ')},
  max(stored, (
    SELECT count(*) FROM span WHERE span.id BETWEEN first_span_id AND last_span_id AND process_id = process.id
  )) AS stored
FROM process WHERE id = ?`;

/** Stores the batches that the process's row does not know, one transaction each; returns how many spans that were. */
async function takeIn(
  database: Database,
  handle: FileHandle,
  process: ProcessIdentity,
  { batches, ledger, routeMinutes, end }: SpillContent,
  lastSeenMicros: number,
  renew: () => Promise<boolean>,
): Promise<number> {
  const store = await openProcessStore(database, process);
  const [row] = await database.all<KnownRow>(SELECT_KNOWN, [store.processId]);
  // As LAST_BATCH in batch.ts has it.
  const missing = batches.filter(
    ({ id, isDeferred }) => id > (isDeferred ? row!.last_deferred_batch : row!.last_batch),
  );
  let left = missing.reduce((sum, { spans }) => sum + spans, 0);
  let taken = 0;
  const seenAtMicros = end?.atMicros ?? lastSeenMicros;
  for (const batch of missing) {
    left -= batch.spans;
    taken += batch.spans;
    await storeOne(store, handle, batch, mergeLedgers(row!, ledger, row!.stored + taken, left), seenAtMicros);
    await renew();
  }
  await writeForProcess(store, (list) => writeRouteMinutes(list, store.processId, routeMinutes));
  if (end !== undefined) {
    const id = Math.max(row!.last_batch, batches.at(-1)?.id ?? 0) + 1;
    const last = mergeLedgers(row!, ledger, row!.stored + taken, 0);
    await writeBatch(store, { id, spans: [], ledger: last, endReason: end.reason }, end.atMicros);
  }
  return taken;
}

async function storeOne(
  store: ProcessStore,
  handle: FileHandle,
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
