import type { EndReason } from '../sink/end-reason.js';
import type { LedgerCounters } from '../sink/ledger.js';
import type { SpanBatch } from '../sink/sink.js';
import { inBatches } from './batch.js';
import type { Ending } from './ending.js';
import type { SpanQueue } from './span-queue.js';
import type { SpillPolicy } from './spill-policy.js';
import type { Ticker } from './ticker.js';

export interface CopiesParts {
  readonly spilling: SpillPolicy;
  readonly ticker: Ticker;
  readonly ledger: LedgerCounters;
  readonly queue: SpanQueue;
  readonly batchSize: number;
  readonly ending: Ending;
  /** Stores all spans that wait. */
  readonly flush: () => Promise<void>;
}

/**
 * Copies on disk of all that is in memory, for the case that the process ends before it is stored; see `SpillCopies`.
 */
export class Copies {
  readonly #parts: CopiesParts;
  /** Set while there are copies: the end that they name, or none. */
  #saved: { readonly reason: EndReason | undefined } | undefined;

  constructor(parts: CopiesParts) {
    this.#parts = parts;
  }

  /**
   * Replaces all copies, synchronously. Open spans are copied as `interrupted`. Recording goes on as before, and every
   * span is stored once, whether the process ends or not.
   *
   * @param reason the end that the copies name, should the process end.
   */
  save(reason?: EndReason): void {
    const { spilling, ticker, ledger, queue, batchSize, ending } = this.#parts;
    if (ending.isAbandoned || spilling.spill === undefined) return;
    this.#saved = { reason };
    queue.endBatch();
    const copies: Omit<SpanBatch, 'ledger'>[] = [...queue.batches];
    for (const spans of inBatches(ticker.watched?.copyOpen() ?? [], batchSize)) {
      copies.push({ id: queue.nextBatchId(), spans });
    }
    const counted = ledger.snapshot();
    const end = reason && { reason, ledger: counted, routeMinutes: ticker.watched?.routes.peek() ?? [] };
    spilling.spill.copies.save(
      copies.map((batch) => ({ ...batch, ledger: counted })),
      end,
    );
  }

  /**
   * Copies as {@link save} does, stores all spans, and removes the copies then. Does nothing where the process is about
   * to end: the copies name its end.
   */
  saveAndFlush(): void {
    if (this.#saved?.reason !== undefined) return;
    this.save();
    const saved = this.#saved;
    void this.#parts.flush().then(() => {
      if (this.#saved === saved) this.discard();
    });
  }

  /**
   * Copies everything again, if there are copies: a batch has got another id, under which its copy would be another
   * batch.
   */
  renew(): void {
    if (this.#saved !== undefined) this.save(this.#saved.reason);
  }

  /** Removes the copies: the process has not ended, or all is stored. */
  discard(): void {
    this.#saved = undefined;
    this.#parts.spilling.discardCopies();
  }
}
