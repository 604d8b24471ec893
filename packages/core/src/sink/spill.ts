import type { RouteMinute } from '../statistics/route-statistics.js';
import type { Ledger } from './ledger.js';
import type { EndReason, SpanBatch } from './sink.js';

/**
 * Where batches are kept that the sink cannot take now: on disk, so that they outlive the process. The pipeline appends
 * deferred batches behind and takes them from the front, in the order of their ids, and at the process's end appends all others. The
 * port that `sqlite/spill-queue.ts` implements.
 */
export interface Spill {
  /** Batches kept. */
  readonly length: number;
  /** Keeps a batch behind the others. `false` if it could not: the reason is reported, and the batch is still the caller's. */
  append(batch: SpanBatch): Promise<boolean>;
  /** The same at the process's end, when nothing asynchronous runs any more. */
  appendSync(batch: SpanBatch): boolean;
  /** The first batch, or how many spans it held if it cannot be read any more. */
  first(): Promise<SpanBatch | { readonly lostSpans: number }>;
  /** Forgets the first batch; with the last one, its file. */
  shift(): Promise<void>;
  /** Takes nothing asynchronously any more, not even what is under way. */
  shut(): void;
  /** Does that, keeps the last statistics, and leaves word that nothing follows, so that others need not ask whether this process still lives. */
  end(reason: EndReason, ledger: Ledger, routeMinutes: readonly RouteMinute[]): void;
  close(): Promise<void>;
}
