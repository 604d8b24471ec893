import type { Report } from '../diagnostics.js';
import { FerretError, messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { HEARTBEAT_MILLIS } from '../process/process-liveness.js';
import { type SinkTick, type SpanBatch, type SpanSink, StoreUnavailableError } from '../sink/sink.js';
import { isSqliteError } from './file/driver.js';
import { identityOf, isDamage, moveAside, openForWriting, type Synchronous } from './file/file.js';
import { recover } from './recovery/recovery.js';
import { RetentionKeeper } from './retention/retention-keeper.js';
import type { RetentionLimits } from './retention/span-retention.js';
import { openProcessStore, ProcessGoneError, type ProcessStore, writeBatch, writeTick } from './store/process-store.js';

export interface SqliteSinkOptions {
  readonly file: string;
  readonly synchronous: Synchronous;
  readonly retention: RetentionLimits;
}

/** Codes after which the same write may succeed: another writer, a full or stumbling disk, no file handle left. */
const TEMPORARY = new Set([
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_PROTOCOL',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_NOMEM',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
]);

/** A file opened for this process. */
interface Store extends ProcessStore {
  /** Which file it was when it was opened. */
  readonly identity: string | undefined;
  readonly retention: RetentionKeeper;
}

/**
 * Stores spans in an SQLite file. Opens it with the first batch, so constructing one does no I/O. What dead processes have left
 * is taken in first.
 */
export class SqliteSink implements SpanSink {
  readonly #options: SqliteSinkOptions;
  readonly #process: ProcessIdentity;
  readonly #report: Report;
  #store: Store | undefined;
  /** Whether the file says of a span that it is open. */
  #hasOpenSpans = false;
  /** When the file last heard of this process, on the monotonic clock. */
  #lastSeenMillis = 0;

  constructor(options: SqliteSinkOptions, process: ProcessIdentity, report: Report) {
    this.#options = options;
    this.#process = process;
    this.#report = report;
  }

  async write(batch: SpanBatch): Promise<void> {
    // A process that never stored a span leaves no trace of its end either.
    if (batch.spans.length === 0 && this.#store === undefined) return;
    await this.#attempt(async () => {
      this.#store ??= await this.#open();
      await writeBatch(this.#store, batch);
      this.#lastSeenMillis = performance.now();
      await this.#makeSureOfFile(this.#store);
    });
    await this.#keepLimits();
  }

  async tick(tick: SinkTick): Promise<void> {
    const hasNews = tick.openSpans.length > 0 || tick.routeMinutes.length > 0 || this.#hasOpenSpans;
    if (hasNews || this.#isSilent()) {
      await this.#attempt(async () => {
        this.#store ??= await this.#open();
        await writeTick(this.#store, tick);
        this.#lastSeenMillis = performance.now();
        this.#hasOpenSpans = tick.openSpans.length > 0;
        await this.#makeSureOfFile(this.#store);
      });
    }
    await this.#keepLimits();
  }

  /** Whoever cannot see this process would soon take it for dead. One that has no row is missed by nobody. */
  #isSilent(): boolean {
    return this.#store !== undefined && performance.now() - this.#lastSeenMillis >= HEARTBEAT_MILLIS;
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.retention.close().catch(() => {}); // It expires.
    await store?.database.close();
  }

  /** Does something with the file. What fails is put into the port's words; a file that is damaged is replaced by a new one. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const store = this.#store;
      if (store === undefined) throw this.#translate(error);
      if (error instanceof ProcessGoneError) await this.#letGo(store);
      if (!isDamage(error)) throw this.#translate(error);
      await this.#letGo(store);
      throw await this.#moveAside(store.identity, error);
    }
  }

  /** Makes way for a new file. Returns what to say of the work that found the damage: it is to be done again. */
  async #moveAside(identity: string | undefined, cause: unknown): Promise<StoreUnavailableError> {
    const { file } = this.#options;
    const aside = await moveAside(file, identity);
    if (aside !== undefined) this.#reportMoved(aside, cause);
    return new StoreUnavailableError(`${file} was damaged; a new one is begun`, { cause });
  }

  async #open(): Promise<Store> {
    const { file, synchronous, retention } = this.#options;
    const database = await openForWriting(file, synchronous, (to, cause) => this.#reportMoved(to, cause));
    const identity = await identityOf(file);
    try {
      await recover(database, file, this.#process, this.#report);
      const store = await openProcessStore(database, this.#process);
      return { ...store, identity, retention: new RetentionKeeper(database, retention, this.#process) };
    } catch (error) {
      await database.close();
      throw isDamage(error) ? await this.#moveAside(identity, error) : error;
    }
  }

  /** What was written to a file that somebody has removed or replaced meanwhile is written again, to the one in its place. */
  async #makeSureOfFile(store: Store): Promise<void> {
    const { file } = this.#options;
    if ((await identityOf(file)) === store.identity) return;
    await this.#letGo(store);
    this.#report('FILE_REPLACED', `${file} was removed or replaced while it was open. What follows goes to a new one.`);
    throw new StoreUnavailableError(`${file} was removed or replaced`);
  }

  async #letGo(store: Store): Promise<void> {
    this.#store = undefined;
    await store.database.close().catch(() => {});
  }

  async #keepLimits(): Promise<void> {
    const store = this.#store;
    try {
      await store?.retention.step();
    } catch (error) {
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

  #reportMoved(to: string, cause: unknown): void {
    this.#report(
      'FILE_MOVED_ASIDE',
      `${this.#options.file} is damaged. It was moved to ${to}, and a new file begun.`,
      cause,
    );
  }

  #translate(error: unknown): unknown {
    const { file } = this.#options;
    if (error instanceof FerretError) return error;
    const { code } = error as { readonly code?: string };
    const message = isSqliteError(error)
      ? `${file}: ${error.message}`
      : `${file} cannot be opened: ${messageOf(error)}`;
    return code !== undefined && TEMPORARY.has(code)
      ? new StoreUnavailableError(message, { cause: error })
      : new FerretError('STORE_FAILED', message, { cause: error });
  }
}
