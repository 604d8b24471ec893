import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { EndReason } from '../sink/end-reason.js';
import type { LedgerCounters } from '../sink/ledger.js';
import type { Batch, SizedRecord } from './batch.js';
import { Copies } from './copies.js';
import type { Ending } from './ending.js';
import { Jobs } from './jobs.js';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.js';
import { SinkWriter } from './sink-writer.js';
import { SpanQueue } from './span-queue.js';
import { SpillPolicy } from './spill-policy.js';
import { Ticker, type Watched } from './ticker.js';

/** Names for the report what is lost where a tick or the last batch cannot be stored; no span. */
const UNCOUNTED = 'Statistics, open spans or the ledger';

/**
 * The way of spans from the request path to the store: `Subject -> bufferTime -> one write at a time`. Batches that the
 * sink cannot take soon wait in the spill, if there is one (spill-policy.ts). `flush()` and `close()` wait for all.
 *
 * `enqueue` is all the request pays for. Everything behind it is bounded: by `maxQueueSize` spans, by their size, and
 * by the size of the spill.
 */
export class Pipeline {
  readonly #ledger: LedgerCounters;
  readonly #ending: Ending;
  readonly #report: Report;
  readonly #queue: SpanQueue;
  readonly #jobs: Jobs;
  readonly #writer: SinkWriter;
  readonly #spilling: SpillPolicy;
  readonly #ticker: Ticker;
  /** Copies on disk of all that is in memory. */
  readonly copies: Copies;
  #flush: { readonly upTo: number; readonly promise: Promise<void> } | undefined;
  #drained: Promise<void> | undefined;

  constructor({ sink, spill, ledger, ending, report }: PipelineParts, options: PipelineOptions) {
    const { process, maxQueueSize, onlySpills = false } = options;
    // At most half the queue: while one batch is written, the next one needs room.
    const batchSize = Math.min(options.batchSize, Math.max(1, Math.floor(maxQueueSize / 2)));
    this.#ledger = ledger;
    this.#ending = ending;
    this.#report = report;
    this.#queue = new SpanQueue({
      ...options,
      batchSize,
      onBatch: (spans) => this.#dispatch(spans),
      onLost: (count, error) => {
        ledger.writeFailed += count;
        report('WRITE_FAILED', `Spans could not be put together to a batch, and are lost: ${messageOf(error)}`, error);
      },
    });
    this.#jobs = new Jobs(report);
    this.#writer = new SinkWriter(sink, process, report, ending);
    this.#spilling = new SpillPolicy({
      spill,
      onlySpills,
      longestQueue: maxQueueSize / 2,
      writer: this.#writer,
      jobs: this.#jobs,
      ledger,
      ending,
      onKept: (batch) => this.#queue.remove(batch),
      onRefused: (batch) => {
        this.#addJob(this.#queue.readmit(batch));
        this.copies.renew();
      },
    });
    this.#ticker = new Ticker(this.#jobs, this.#writer, ledger, ending);
    this.copies = new Copies({
      spilling: this.#spilling,
      ticker: this.#ticker,
      ledger,
      queue: this.#queue,
      batchSize,
      ending,
      flush: () => this.flush(),
    });
  }

  /** Spans waiting in memory for the store. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Number of batches written so far, and the time that the writes took together. */
  get writes(): { readonly count: number; readonly sumMillis: number } {
    return this.#writer.writes;
  }

  /** Tells the sink of these things, too: once a second, between two writes. */
  watch(watched: Watched): void {
    this.#ticker.watch(watched);
  }

  /** Takes an ended span. The whole cost of a span on the request path: no lock, no I/O, no serialisation. */
  enqueue(span: SizedRecord): void {
    if (!this.#ending.isOpen) {
      this.#ledger.closed++;
      this.#report('CLOSED', 'A span ended after close(): it is counted (stats().dropped.closed) and not stored.');
    } else if (this.#queue.isFull) {
      this.#ledger.queueFull++;
      const why = this.#queue.whyFull(this.#writer.failures > 0);
      this.#report('QUEUE_FULL', `The queue is full, and further spans are dropped and counted. ${why}`);
    } else {
      this.#queue.add(span);
    }
  }

  /**
   * Resolves when all spans enqueued so far are stored, or lost and counted; at the latest when the pipeline is
   * abandoned. Never rejects.
   */
  flush(): Promise<void> {
    if (!this.#ending.isOpen) return this.#ending.untilAbandoned(this.#drained ?? Promise.resolve());
    // Spans that were sampled out or folded since have changed the ledger, which is to be stored too.
    const upTo = this.#queue.added + this.#ledger.sampledOut + this.#ledger.folded;
    if (this.#flush?.upTo === upTo) return this.#flush.promise;
    this.#queue.endBatch();
    // A batch that is being appended to the spill is stored from there.
    const flushed = this.#spilling.appended.then(() => this.#jobs.done(() => this.#storeWaiting()));
    this.#flush = { upTo, promise: this.#ending.untilAbandoned(flushed) };
    return this.#flush.promise;
  }

  /**
   * Stores what is waiting, writes the last ledger and closes the sink. Never rejects. A sink that hangs keeps the
   * promise pending: the caller holds the deadline, and calls `abandon()` when it has passed.
   */
  close(reason: EndReason): Promise<void> {
    this.#ending.close();
    this.#drained ??= this.#drain(reason);
    return this.#drained;
  }

  /**
   * `close()` was called for an end that has not come: takes spans again. @returns whether it does; see {@link
   * Ending.reopen}.
   */
  reopen(): boolean {
    if (!this.#ending.reopen()) return false;
    this.#drained = undefined;
    this.#ticker.start();
    return true;
  }

  /**
   * Waits for nothing any more. All spans in memory are spilled at once, synchronously; without a spill, or for a
   * store that is somebody else's, it is lost, and counted as `writeFailed`. Also the write that is under way is
   * spilled: should it succeed, the store knows its id, and the ledger is put right.
   */
  abandon(reason: EndReason): void {
    if (!this.#ending.abandon()) return;
    this.#ticker.stop();
    this.#queue.endBatch();
    for (const batch of this.#queue.batches) {
      this.#queue.remove(batch);
      batch.givenUpAs = this.#spilling.keepAtEnd(batch) ? 'spilled' : 'writeFailed';
      this.#ledger[batch.givenUpAs] += batch.spans.length;
    }
    this.copies.discard();
    this.#spilling.abandon(reason, () => this.#ticker.drainRoutes());
  }

  async #drain(reason: EndReason): Promise<void> {
    this.#queue.endBatch();
    this.#ticker.stop();
    await this.#spilling.appended;
    await this.#jobs.done(async () => {
      await this.#storeWaiting();
      const last = { id: this.#queue.nextBatchId(), spans: [], endReason: reason };
      await this.#writer.attempt(UNCOUNTED, () => this.#writer.writeOnce({ ...last, ledger: this.#ledger.snapshot() }));
    });
    this.copies.discard();
    try {
      await this.#spilling.close(reason, () => this.#ticker.drainRoutes());
      await this.#writer.close();
    } catch (error) {
      this.#report('WRITE_FAILED', `The store did not close cleanly: ${messageOf(error)}`, error);
    }
    this.#ending.closed();
  }

  async #storeWaiting(): Promise<void> {
    await this.#spilling.store();
    await this.#writer.attempt(UNCOUNTED, () => this.#ticker.tell());
  }

  /** Sends a batch to the store, or to the spill if the store cannot take it soon. */
  #dispatch(spans: readonly SizedRecord[]): void {
    const isDeferred = this.#spilling.mustDefer(this.#queue.length - spans.length);
    const batch = this.#queue.admit(spans, isDeferred);
    if (this.#ending.isAbandoned) return;
    if (isDeferred) this.#spilling.defer(batch);
    else this.#addJob(batch);
  }

  #addJob(batch: Batch): void {
    this.#jobs.add(() => this.#store(batch));
  }

  /** Stores a batch from memory. */
  async #store(batch: Batch): Promise<void> {
    const { length } = batch.spans;
    const fate = await this.#writer.write(batch, () => this.#ledger.snapshot(length));
    if (fate === undefined) return;
    this.#ledger[fate] += length;
    // The pipeline was abandoned during the write, and counted the spans by what it did with them.
    if (batch.givenUpAs !== undefined) {
      this.#ledger[batch.givenUpAs] -= length;
      return;
    }
    this.#queue.remove(batch);
    this.#spilling.noteRoom();
  }
}
