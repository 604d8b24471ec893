import { FerretError } from '../errors.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SpanRecord } from '../trace/span.js';
import type { Ledger } from './ledger.js';

/**
 * Why a process stopped recording: `close()` was called; `exit`, the event loop ran empty or `process.exit()` was called;
 * a signal; an exception that nobody caught. `crashed` is what others say of a process that left no word.
 */
export type EndReason = 'close' | 'exit' | 'SIGTERM' | 'SIGINT' | 'uncaughtException' | 'crashed';

/** What is written at once. */
export interface SpanBatch {
  /**
   * Counts the batches of this process, from 1. They arrive in this order, except for those that are deferred; only one that is tried
   * again comes twice.
   */
  readonly id: number;
  /** It gave way to later ones, and waited in the spill. Such batches arrive in the order of their ids among themselves. */
  readonly isDeferred?: boolean;
  /** In the order they ended; empty when only the ledger is to be kept. */
  readonly spans: readonly SpanRecord[];
  /** The process's ledger as it is once this batch is stored. To be kept in the same transaction. */
  readonly ledger: Ledger;
  /** Set on the last batch of a process. */
  readonly endReason?: EndReason;
}

/** What there is beside the spans that have ended, told about once a second. */
export interface SinkTick {
  /** Spans that have been open for longer than a second, the oldest first. They replace those of the last tick. */
  readonly openSpans: readonly SpanRecord[];
  /** Exact statistics that have changed since the last tick that went well. A row replaces the one of its minute, name and outcome. */
  readonly routeMinutes: readonly RouteMinute[];
  readonly ledger: Ledger;
}

/** Where spans rest. The port other stores implement. */
export interface SpanSink {
  /**
   * Stores a batch as a whole or not at all. Never called again before it has settled.
   *
   * Reject with {@link StoreUnavailableError} if the same batch may be stored later; any other rejection drops it.
   */
  write(batch: SpanBatch): Promise<void>;
  /**
   * Called about once a second between two writes, if there is such a method. After a rejection, the next tick says the
   * same and more.
   */
  tick?(tick: SinkTick): Promise<void>;
  /** Called once, after the last write. */
  close(): Promise<void>;
}

/** The store is busy, locked or full; the pipeline keeps the batch and tries again. */
export class StoreUnavailableError extends FerretError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('STORE_UNAVAILABLE', message, options);
  }
}

/** The store is somebody else's. Nothing is spilled for it either: nobody would ever take that in. */
export class StoreForeignError extends FerretError {
  constructor(message: string) {
    super('FILE_FOREIGN', message);
  }
}
