import type { EndReason } from '../sink/end-reason.js';
import type { LedgerCounters } from '../sink/ledger.js';
import type { Spill } from '../sink/spill.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { Batch } from './batch.js';
import type { Ending } from './ending.js';
import type { Jobs } from './jobs.js';
import type { SinkWriter } from './sink-writer.js';

/** Failures in a row after which batches go to the spill: about a second, more than a busy neighbour takes. */
const FAILURES_BEFORE_SPILL = 3;

/** The parts that the policy works with. */
export interface SpillParts {
  readonly spill: Spill | undefined;
  /** The sink stores nothing: every batch goes to the spill and stays there. */
  readonly onlySpills: boolean;
  /** Spans in memory beyond which the next batch is deferred. */
  readonly longestQueue: number;
  readonly writer: SinkWriter;
  readonly jobs: Jobs;
  readonly ledger: LedgerCounters;
  readonly ending: Ending;
  /** Hears of a batch that the spill has: it is in memory no more. */
  readonly onKept: (batch: Batch) => void;
  /** Hears of a batch that the spill refused: it has to go to the store after all. */
  readonly onRefused: (batch: Batch) => void;
}

/**
 * Decides which batches are deferred: they give way to later ones, wait in the spill, and are stored from there. A
 * deferred batch is stored whenever all batches in memory have had their turn. Batches in memory go first, because they
 * cost the store less, and because the queue needs the room for new spans.
 */
export class SpillPolicy {
  readonly #parts: SpillParts;
  /** The batches being appended to the spill, one at a time. */
  #appending: Promise<void> = Promise.resolve();
  /**
   * Set once the spill has refused a batch. It is not asked again before it is empty: a full spill stays full until
   * then, and to encode a batch in vain is expensive.
   */
  #isFull = false;
  /** Set while there is a job that stores the first batch of the spill. */
  #isTakingIn = false;

  constructor(parts: SpillParts) {
    this.#parts = parts;
  }

  /**
   * `undefined` where nothing may be spilled: without a spill, and for a store of another program, where no process
   * would ever take the batches in.
   */
  get spill(): Spill | undefined {
    return this.#parts.writer.isForeign ? undefined : this.#parts.spill;
  }

  /** Resolves when every batch that was deferred so far is in the spill, or was refused. */
  get appended(): Promise<void> {
    return this.#appending;
  }

  /** @param queued spans in memory, without those of the batch in question */
  mustDefer(queued: number): boolean {
    const { onlySpills, longestQueue, writer } = this.#parts;
    if (this.spill === undefined || this.#isFull) return false;
    return onlySpills || queued >= longestQueue || writer.failures >= FAILURES_BEFORE_SPILL;
  }

  /** Appends a batch to the spill, and has it stored from there. */
  defer(batch: Batch): void {
    this.#appending = this.#appending.then(() => this.#append(batch));
  }

  async #append(batch: Batch): Promise<void> {
    const { spill, ledger, ending, onlySpills, onKept, onRefused } = this.#parts;
    if (ending.isAbandoned) return;
    const isKept = !this.#isFull && (await spill?.append({ ...batch, ledger: ledger.snapshot() }));
    // `abandon()` has spilled the batch meanwhile, with all others. Its id tells that both are the same.
    if (ending.isAbandoned) return;
    if (!isKept) {
      this.#isFull = true;
      onRefused(batch);
      return;
    }
    onKept(batch);
    ledger.spilled += batch.spans.length;
    if (!onlySpills) this.#takeIn();
  }

  /** Stores a batch of the spill behind what waits in memory now, and then the next one, until the spill is empty. */
  #takeIn(): void {
    if (this.#isTakingIn) return;
    this.#isTakingIn = true;
    this.#parts.jobs.add(async () => {
      await this.store(1);
      this.#isTakingIn = false;
      if ((this.#parts.spill?.length ?? 0) > 0 && !this.#parts.ending.isAbandoned) this.#takeIn();
    });
  }

  /** Stores the batches that are in the spill now, from its front. To be called in a job. */
  async store(limit = Number.POSITIVE_INFINITY): Promise<void> {
    const { spill, ending, onlySpills } = this.#parts;
    if (spill === undefined || onlySpills) return;
    for (let left = Math.min(limit, spill.length); left > 0 && !ending.isAbandoned; left--) {
      if (await this.#storeFirst(spill)) await spill.shift();
    }
    this.noteRoom();
  }

  /**
   * @returns whether the first batch is stored, or lost and counted. `false` where the pipeline was abandoned before:
   *   the batch stays in the spill.
   */
  async #storeFirst(spill: Spill): Promise<boolean> {
    const { writer, ledger, ending } = this.#parts;
    const first = await spill.first();
    if ('lostSpans' in first) {
      ledger.spilled -= first.lostSpans;
      ledger.writeFailed += first.lostSpans;
      return true;
    }
    const count = first.spans.length;
    const fate = await writer.write(first, () => ledger.snapshot(count, count));
    if (fate === undefined) return false;
    ledger.spilled -= count;
    ledger[fate] += count;
    return !ending.isAbandoned;
  }

  /** To be called when the store has taken a batch: an empty spill may be asked again. */
  noteRoom(): void {
    if ((this.#parts.spill?.length ?? 0) === 0) this.#isFull = false;
  }

  discardCopies(): void {
    this.#parts.spill?.copies.discard();
  }

  /** Spills a batch synchronously, as nothing asynchronous runs any more. @returns whether the spill took it. */
  keepAtEnd({ id, isDeferred, spans }: Batch): boolean {
    return this.spill?.appendSync({ id, isDeferred, spans, ledger: this.#parts.ledger.snapshot() }) ?? false;
  }

  /** Writes to the spill that the process has ended, and lets go of it: the pipeline is abandoned. */
  abandon(reason: EndReason, drainRoutes: () => readonly RouteMinute[]): void {
    if (this.spill === undefined) this.#parts.spill?.shut();
    else this.spill.end(reason, this.#parts.ledger.snapshot(), drainRoutes());
    // A store that hangs may never let `close()` get there.
    void this.#parts.spill?.close().catch(() => {});
  }

  /** Closes the spill: all is stored, or stays there where the sink stores nothing. Rejects where that fails. */
  async close(reason: EndReason, drainRoutes: () => readonly RouteMinute[]): Promise<void> {
    const { spill, ledger, onlySpills } = this.#parts;
    if (onlySpills) spill?.end(reason, ledger.snapshot(), drainRoutes());
    await spill?.close();
  }
}
