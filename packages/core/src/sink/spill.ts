import type { RouteMinute } from '../statistics/route-statistics.js';
import type { EndReason } from './end-reason.js';
import type { Ledger } from './ledger.js';
import type { SpanBatch } from './sink.js';

/** The last words of a process that may end at any moment. */
export interface PossibleEnd {
  readonly reason: EndReason;
  readonly ledger: Ledger;
  readonly routeMinutes: readonly RouteMinute[];
}

/**
 * Copies on disk of batches that are still in memory, for the case that the process ends before they are stored. They
 * are taken in once the process is dead. A copy has the id of its batch, so that a batch that the store has is not
 * stored again.
 */
export interface SpillCopies {
  /** Replaces all copies, synchronously. Batches without room are not copied. Never throws. */
  save(batches: readonly SpanBatch[], end?: PossibleEnd): void;
  /** Removes all copies. Never throws. */
  discard(): void;
}

/**
 * A queue on disk of batches that the sink cannot take now, so that they outlive the process. The pipeline appends
 * deferred batches at its end and takes them from its front, in the order of their ids. At the process's end it appends
 * all others. The port that `spill/spill-queue.ts` implements.
 */
export interface Spill {
  /** Number of batches in the queue. */
  readonly length: number;
  readonly copies: SpillCopies;
  /**
   * Appends a batch. Never rejects.
   *
   * @returns `false` where that failed: the reason is reported, and the batch is still the caller's.
   */
  append(batch: SpanBatch): Promise<boolean>;
  /** Appends a batch at the process's end, when nothing asynchronous runs any more. Never throws. */
  appendSync(batch: SpanBatch): boolean;
  /** Reads the first batch. Returns the number of its spans if it cannot be read any more. Never rejects. */
  first(): Promise<SpanBatch | { readonly lostSpans: number }>;
  /** Removes the first batch; with the last one, the file. */
  shift(): Promise<void>;
  /** Refuses all asynchronous appends from now on, those under way included. */
  shut(): void;
  /**
   * Calls {@link shut}, appends the last statistics, and says that nothing follows, so that others need not ask whether
   * this process still lives.
   */
  end(reason: EndReason, ledger: Ledger, routeMinutes: readonly RouteMinute[]): void;
  close(): Promise<void>;
}
