import { FerretError } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SpanRecord } from '../trace/span.js';
import type { EndReason } from './end-reason.js';
import type { Ledger } from './ledger.js';

/** Spans that are written at once, and the ledger that counts them. */
export interface SpanBatch {
  /**
   * Counts the batches of a process, from 1; together with the process's `processKey` it names a batch. Batches arrive
   * in this order, except for those that are deferred. A batch that comes again, after a failure or after a crash, has
   * the same id and the same spans.
   */
  readonly id: number;
  /**
   * Set on a batch that gave way to later ones, and waited in the spill. Such batches arrive in the order of their ids
   * among themselves. Default: false.
   */
  readonly isDeferred?: boolean;
  /**
   * The process that recorded the batch, where that is not the process of `open()`: a process that died, and left the
   * batch in a spill file. `id` counts the batches of that process. Only set with the option `spillTo`.
   */
  readonly process?: ProcessIdentity;
  /** The spans, in the order in which they ended. Empty where only the ledger is to be kept. */
  readonly spans: readonly SpanRecord[];
  /** Ledger of the process once this batch is stored, to be kept in the same transaction. */
  readonly ledger: Ledger;
  /** Set on the last batch of a process: the reason of its end. */
  readonly endReason?: EndReason;
}

/** Open spans, statistics and the ledger, told about once a second. */
export interface SinkTick {
  /** The process, as in {@link SpanBatch.process}. Such a tick is the last of a process that died. */
  readonly process?: ProcessIdentity;
  /**
   * Spans that have been open for longer than a second, the oldest first. They replace those of the process's last
   * tick.
   */
  readonly openSpans: readonly SpanRecord[];
  /**
   * Exact statistics that have changed since the last tick that succeeded. A row replaces the row of the same minute,
   * name and outcome.
   */
  readonly routeMinutes: readonly RouteMinute[];
  readonly ledger: Ledger;
}

/**
 * A place where spans are stored. The port that stores implement: the SQLite file, `MemorySink`, and those of other
 * packages. Make one with `createFerret({ sink })` in place of the file, or with `createFerret({ alsoTo: [sink] })`
 * beside it; `sinkContract` of `@ferretjs/core/testing` checks that it keeps these rules.
 *
 * - One call at a time: none of the methods is called before the last call has settled.
 * - The methods run outside of any request. `currentSpan()` is `undefined` in them, and spans that they start are not
 *   recorded, because each batch would make the next one.
 * - A batch and its spans are shared with the queue and with other sinks, and must not be changed. The list is frozen.
 * - A method must not wait for `flush()` or `close()` of its own Ferret, which wait for the method.
 * - An error is known by its `code`, never by its class, as there may be two copies of this package. Whatever a method
 *   throws or rejects with reaches `onDiagnostic`, never the application.
 * - A method that hangs is waited for until the deadline of `Ferret.close()`, and then no more.
 */
export interface SpanSink {
  /**
   * Called once, before the first write or tick, with the process that writes. Rejections are dealt with as those of
   * the write or tick that waits for it, and it is called again with the next.
   */
  open?(process: ProcessIdentity): Promise<void> | void;
  /**
   * Stores a batch as a whole or not at all. Where the store can tell, a batch whose process and id it has already is
   * not stored again.
   *
   * Reject with an error whose `code` is `STORE_UNAVAILABLE` ({@link StoreUnavailableError}) if the same batch may be
   * stored later; with `FILE_FOREIGN` ({@link StoreForeignError}) if the store is another program's. Any rejection but
   * the first drops the batch, which is counted as `writeFailed`.
   */
  write(batch: SpanBatch): Promise<void>;
  /**
   * Called about once a second between two writes, if there is such a method. The tick after a rejection repeats what
   * was not stored, and adds to it.
   */
  tick?(tick: SinkTick): Promise<void>;
  /** Called once, after the last write; also where nothing was written or opened. */
  close(): Promise<void>;
}

/** The store is busy, locked or full: code `STORE_UNAVAILABLE`. The pipeline keeps the batch and tries again. */
export class StoreUnavailableError extends FerretError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('STORE_UNAVAILABLE', message, options);
  }
}

/**
 * The store belongs to another program: code `FILE_FOREIGN`. Nothing is spilled for it, because no process would ever
 * take the spans in.
 */
export class StoreForeignError extends FerretError {
  constructor(message: string) {
    super('FILE_FOREIGN', message);
  }
}
