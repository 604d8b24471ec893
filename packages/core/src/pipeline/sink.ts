import { FerretError } from '../errors.js';
import type { SpanRecord } from '../trace/span.js';
import type { Ledger } from './ledger.js';

/** Why a process stopped recording. */
export type EndReason = 'close' | 'exit' | 'SIGTERM' | 'SIGINT';

/** What is written at once. */
export interface SpanBatch {
  /** In the order they ended; empty when only the ledger is to be kept. */
  readonly spans: readonly SpanRecord[];
  /** The process's ledger as it is once this batch is stored. To be kept in the same transaction. */
  readonly ledger: Ledger;
  /** Set on the last batch of a process. */
  readonly endReason?: EndReason;
}

/** Where spans rest. The port other stores implement. */
export interface SpanSink {
  /**
   * Stores a batch as a whole or not at all. Never called again before it has settled.
   *
   * Reject with {@link StoreUnavailableError} if the same batch may be stored later; any other rejection drops it.
   */
  write(batch: SpanBatch): Promise<void>;
  /** Called once, after the last write. */
  close(): Promise<void>;
}

/** The store is busy, locked or full; the pipeline keeps the batch and tries again. */
export class StoreUnavailableError extends FerretError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('STORE_UNAVAILABLE', message, options);
  }
}
