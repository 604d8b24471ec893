import { realpath } from 'node:fs/promises';
import type { Report } from '../diagnostics.js';
import { FerretError, messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { HEARTBEAT_MILLIS } from '../process/process-liveness.js';
import { type SinkTick, type SpanBatch, type SpanSink, StoreUnavailableError } from '../sink/sink.js';
import { identityOf } from './file/beside.js';
import { findDriver, isSqliteError, type SqliteErrorCode } from './file/driver.js';
import { isDamage, type Journal, openForWriting, replaceDamaged, type Synchronous } from './file/file.js';
import { mayBeOpened } from './file/file-access.js';
import { findReaders, lookAtWal, MAX_WAL_BYTES, type WalState, writeBack } from './file/wal.js';
import { recover } from './recovery/recovery.js';
import { RetentionKeeper } from './retention/retention-keeper.js';
import type { RetentionLimits } from './retention/span-retention.js';
import { openProcessStore, ProcessGoneError, type ProcessStore, writeBatch, writeTick } from './store/process-store.js';

export interface SqliteSinkOptions {
  readonly file: string;
  readonly synchronous: Synchronous;
  /** Default `wal`. */
  readonly journal?: Journal;
  readonly retention: RetentionLimits;
}

/** Codes after which the same write may succeed: another writer, a full or stumbling disk, no file handle left. */
const TEMPORARY: ReadonlySet<string> = new Set<SqliteErrorCode | 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EMFILE' | 'ENFILE'>([
  'busy',
  'full',
  'io',
  'out-of-memory',
  'gone',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
]);

/** The file is to be opened anew: the driver's thread has ended, or the file could only be opened to be read. */
function isToBeReopened(error: unknown): boolean {
  return isSqliteError(error) && (error.code === 'gone' || error.code === 'read-only');
}

/** A file opened for this process. */
interface Store extends ProcessStore {
  /** Which file it was when it was opened. */
  readonly identity: string | undefined;
  /** Where it really is, links followed. */
  readonly path: string;
  /** As it was after the last write. */
  wal: WalState;
  readonly retention: RetentionKeeper;
}

/**
 * Stores spans in an SQLite file. Opens it with the first batch, so constructing one does no I/O. What dead processes
 * have left is taken in first.
 */
export class SqliteSink implements SpanSink {
  readonly #options: SqliteSinkOptions;
  readonly #process: ProcessIdentity;
  readonly #report: Report;
  #store: Store | undefined;
  /** When the file last heard of this process, on the monotonic clock. */
  #lastSeenMillis = 0;
  /** When there was last something new to tell it. */
  #lastNewsMillis = 0;

  constructor(options: SqliteSinkOptions, process: ProcessIdentity, report: Report) {
    this.#options = options;
    this.#process = process;
    this.#report = report;
  }

  /** Finds the driver at the start, and reports at once where there is none. */
  prepare(): void {
    findDriver().catch((error: unknown) => {
      if (error instanceof FerretError) this.#report('WRITE_FAILED', `Nothing is stored. ${error.message}`, error);
    });
  }

  async write(batch: SpanBatch): Promise<void> {
    // A process that never stored a span leaves no trace of its end either.
    if (batch.spans.length === 0 && this.#store === undefined) return;
    await this.#attempt(async () => {
      this.#store ??= await this.#open();
      await this.#makeSureOfRoom(this.#store);
      await writeBatch(await this.#storeOf(this.#store, batch.process), batch);
      this.#lastSeenMillis = performance.now();
      await this.#makeSureOfFile(this.#store);
    });
    await this.#keepLimits();
  }

  async tick(tick: SinkTick): Promise<void> {
    const hasOpenSpans = this.#store?.openSpans.differFrom(tick.openSpans) ?? tick.openSpans.length > 0;
    const hasNews = hasOpenSpans || tick.routeMinutes.length > 0;
    if (hasNews) this.#lastNewsMillis = performance.now();
    if (hasNews || this.#isSilent(tick.openSpans.length > 0)) {
      await this.#attempt(async () => {
        this.#store ??= await this.#open();
        await this.#makeSureOfRoom(this.#store);
        await writeTick(await this.#storeOf(this.#store, tick.process), tick);
        this.#lastSeenMillis = performance.now();
        await this.#makeSureOfFile(this.#store);
      });
    } else if (this.#store !== undefined) {
      const store = this.#store;
      await this.#attempt(() => this.#makeSureOfFile(store));
    }
    await this.#keepLimits();
  }

  /**
   * A process that writes nothing is soon taken for dead by those who cannot see it. When it has died, its open spans
   * are interrupted as of when it was last seen: right to a quarter of the time for which nothing has changed. A
   * process without a row needs neither.
   */
  #isSilent(hasOpenSpans: boolean): boolean {
    if (this.#store === undefined) return false;
    const now = performance.now();
    const quiet = hasOpenSpans ? (now - this.#lastNewsMillis) / 4 : HEARTBEAT_MILLIS;
    return now - this.#lastSeenMillis >= Math.min(quiet, HEARTBEAT_MILLIS);
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.retention.close().catch(() => {}); // It expires.
    await store?.database.close();
  }

  /** Where to write what is this process's own, or what another one left. */
  async #storeOf(own: ProcessStore, process: ProcessIdentity | undefined): Promise<ProcessStore> {
    return process === undefined ? own : openProcessStore(own.database, process);
  }

  /**
   * Does something with the file. What fails is put into the port's words; a file that is damaged is replaced by a new
   * one.
   */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const store = this.#store;
      if (store === undefined) throw await this.#translate(error);
      if (error instanceof ProcessGoneError || isToBeReopened(error)) await this.#letGo(store);
      if (!isDamage(error)) throw await this.#translate(error);
      await this.#letGo(store);
      throw await this.#moveAside(store.identity, error);
    }
  }

  /** Makes way for a new file. Returns what to say of the work that found the damage: it is to be done again. */
  async #moveAside(identity: string | undefined, cause: unknown): Promise<StoreUnavailableError> {
    const { file } = this.#options;
    await replaceDamaged(file, identity, cause, this.#report);
    return new StoreUnavailableError(`${file} was damaged; a new one is begun`, { cause });
  }

  async #open(): Promise<Store> {
    const { file, synchronous, journal, retention } = this.#options;
    const database = await openForWriting(file, synchronous, this.#report, journal);
    const identity = await identityOf(file);
    try {
      await recover(database, file, this.#process, this.#report);
      const store = await openProcessStore(database, this.#process);
      const path = await realpath(file);
      return {
        ...store,
        identity,
        path,
        wal: await lookAtWal(path),
        retention: new RetentionKeeper(database, retention, this.#process),
      };
    } catch (error) {
      await database.close();
      throw isDamage(error) ? await this.#moveAside(identity, error) : error;
    }
  }

  /**
   * Makes sure that the file is still the one that was opened. A batch that went to a removed or replaced file is
   * written again.
   */
  async #makeSureOfFile(store: Store): Promise<void> {
    const { file } = this.#options;
    const [identity, wal] = await Promise.all([identityOf(file), lookAtWal(store.path)]);
    const isSame = identity === store.identity;
    if (isSame && wal.identity === store.wal.identity) {
      store.wal = wal;
      return;
    }
    // Nothing but our open -wal may have what was stored. Where another one took its place, that one counts.
    if (isSame && wal.identity === '') await writeBack(store.database, store.path).catch(() => {});
    await this.#letGo(store);
    const what = isSame ? `The -wal or -shm of ${file}` : file;
    const next = isSame ? 'The file is opened again.' : 'What follows goes to a new one.';
    this.#report('FILE_REPLACED', `${what} was removed or replaced while it was open. ${next}`);
    throw new StoreUnavailableError(`${what} was removed or replaced`);
  }

  /**
   * While a reader holds the -wal, nothing of it can be written back: what is written meanwhile only makes it larger.
   */
  async #makeSureOfRoom(store: Store): Promise<void> {
    if (store.wal.bytes <= MAX_WAL_BYTES) return;
    const bytes = await writeBack(store.database, store.path);
    store.wal = { ...store.wal, bytes };
    if (bytes <= MAX_WAL_BYTES) return;
    const readers = await findReaders(store.path);
    const who = readers.length > 0 ? `process ${readers.join(', ')}` : 'another process';
    throw new StoreUnavailableError(
      `${this.#options.file}-wal has grown to ${Math.round(bytes / 1024 / 1024)} MB, as ${who} keeps a transaction open that reads ` +
        'from it. Until that ends, nothing is written',
    );
  }

  async #letGo(store: Store): Promise<void> {
    this.#store = undefined;
    await store.database.close().catch(() => {});
  }

  async #keepLimits(): Promise<void> {
    const store = this.#store;
    if (store !== undefined && store.wal.bytes > MAX_WAL_BYTES) return; // It writes, too.
    try {
      await store?.retention.step();
    } catch (error) {
      if (store !== undefined && isToBeReopened(error)) return this.#letGo(store);
      if (store !== undefined && isDamage(error)) {
        // The batch is stored, whatever comes of this; the next one meets the damage again.
        await this.#letGo(store);
        await this.#moveAside(store.identity, error).catch(() => {});
        return;
      }
      // The next step may have more luck; a batch is not written again for it.
      if (!isSqliteError(error) || !TEMPORARY.has(error.code)) {
        this.#report(
          'RETENTION_FAILED',
          `${this.#options.file} could not be kept within its limits: ${messageOf(error)}`,
          error,
        );
      }
    }
  }

  async #translate(error: unknown): Promise<unknown> {
    const { file } = this.#options;
    if (error instanceof FerretError) return error;
    const { code } = error as { readonly code?: string };
    const message = isSqliteError(error)
      ? `${file}: ${error.message}`
      : `${file} cannot be opened: ${messageOf(error)}`;
    // A reader in this process that came first has the `-shm` to read only; SQLite shares that with a writer until it
    // lets go.
    const hasTwoMeanings = code === 'cannot-open' || code === 'read-only';
    const isTemporary = hasTwoMeanings ? await mayBeOpened(file) : code !== undefined && TEMPORARY.has(code);
    return isTemporary
      ? new StoreUnavailableError(message, { cause: error })
      : new FerretError('STORE_FAILED', message, { cause: error });
  }
}
