import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { LedgerCounters } from '../sink/ledger.js';
import type { EndReason, SpanSink } from '../sink/sink.js';
import type { Spill } from '../sink/spill.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SpanRecord } from '../trace/span.js';
import { bufferTime, concatMap, defer, filter, lastValueFrom, Subject } from './rxjs.js';
import { SinkWriter } from './sink-writer.js';
import { unrefScheduler } from './unref-scheduler.js';

export interface PipelineOptions {
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  readonly maxQueueSize: number;
}

/** Characters of attribute text that may wait for the store; keeps a queue of large spans from filling the memory. */
const MAX_QUEUED_CHARACTERS = 64 * 1024 * 1024;

/** Failures in a row after which batches go to the spill: about a second, so that a busy neighbour is no reason. */
const FAILURES_BEFORE_SPILL = 3;

/** How often the sink hears of what is not finished yet. */
const TICK_MILLIS = 1000;

/** Rows of statistics written at once: more would hold up the batches behind them. */
const MAX_ROUTE_MINUTES = 500;

/** What is lost, but no span, when the last word or a tick cannot be stored. */
const UNCOUNTED = 'Statistics, open spans or the ledger';

/** What the pipeline looks after once a second, besides the spans that have ended. */
export interface Watched {
  /** Decides what has waited long enough. */
  settle(): void;
  openSpans(): readonly SpanRecord[];
  readonly routes: {
    drain(limit?: number): readonly RouteMinute[];
    /** What was drained last is stored. */
    confirm(): void;
  };
}

/** A span that knows how many characters its attributes hold. */
type SizedRecord = SpanRecord & { readonly size: number };

/** A batch on its way: in memory until it is stored, spilled or lost. */
interface Batch {
  readonly id: number;
  readonly spans: readonly SizedRecord[];
  /** Bound for the spill, and for the store from there. */
  readonly isDeferred: boolean;
}

/**
 * How spans leave the request path: `Subject -> bufferTime -> one write at a time`. What the sink cannot take soon is deferred: it
 * waits in the spill, if there is one, and is stored from there, a batch whenever all that is in memory has had its turn. What is in
 * memory goes first: it costs the store less, and the queue is for what comes. `flush()` and `close()` wait for all.
 *
 * `enqueue` is all the request pays for. Everything behind it is bounded: by `maxQueueSize` spans, by their size, and by the
 * size of the spill.
 */
export class Pipeline {
  readonly #sink: SpanSink;
  readonly #writer: SinkWriter;
  readonly #spill: Spill | undefined;
  readonly #ledger: LedgerCounters;
  readonly #options: PipelineOptions;
  readonly #report: Report;
  /** Spans on their way into batches. Completed and replaced by `flush()`, which is how `bufferTime` is emptied early. */
  #spans: Subject<SizedRecord>;
  /** What is to be done with the store, in order, one at a time. */
  readonly #jobs = new Subject<() => Promise<void>>();
  readonly #drained: Promise<unknown>;
  /** Batches in memory, in order. */
  readonly #batches = new Set<Batch>();
  #lastBatchId = 0;
  #queued = 0;
  #queuedCharacters = 0;
  #enqueued = 0;
  #flush: { readonly upTo: number; readonly promise: Promise<void> } | undefined;
  /** Callers of `flush()` that still wait, each by what resolves its promise. */
  readonly #flushing = new Set<() => void>();
  #closing: Promise<void> | undefined;
  /** The batches being appended to the spill, one at a time. */
  #appending: Promise<void> = Promise.resolve();
  /** The spill refused a batch. It is not asked again before it is empty: if it is full it stays so until then, and to ask is dear. */
  #spillIsShut = false;
  #takesIn = false;
  #watched: Watched | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(sink: SpanSink, ledger: LedgerCounters, options: PipelineOptions, report: Report, spill?: Spill) {
    this.#sink = sink;
    this.#writer = new SinkWriter(sink, report);
    this.#spill = spill;
    this.#ledger = ledger;
    this.#options = options;
    this.#report = report;
    this.#drained = lastValueFrom(this.#jobs.pipe(concatMap((job) => defer(job))), { defaultValue: undefined });
    this.#spans = this.#openSubject();
  }

  /** Spans waiting in memory for the store. */
  get queued(): number {
    return this.#queued;
  }

  /** Batches written so far, and the time that took. */
  get writes(): { readonly count: number; readonly sumMillis: number } {
    return this.#writer.writes;
  }

  /** Takes an ended span. The whole cost of a span on the request path: no lock, no I/O, no serialisation. */
  enqueue(span: SizedRecord): void {
    if (this.#closing !== undefined) {
      this.#ledger.closed++;
      return;
    }
    if (this.#queued >= this.#options.maxQueueSize || this.#queuedCharacters > MAX_QUEUED_CHARACTERS) {
      this.#ledger.queueFull++;
      this.#report(
        'QUEUE_FULL',
        'The store cannot keep up: the queue is full, and further spans are dropped and counted. ' +
          'A slow or full disk, or a file locked by another program, is the usual cause.',
      );
      return;
    }
    this.#queued++;
    this.#enqueued++;
    this.#queuedCharacters += span.size;
    this.#spans.next(span);
  }

  /** Resolves when all spans enqueued so far are stored, or lost and counted; at the latest when the pipeline is abandoned. Never rejects. */
  flush(): Promise<void> {
    if (this.#closing !== undefined) return this.#untilAbandoned(this.#closing);
    // What was sampled out has been counted since, and that is to be stored too.
    const upTo = this.#enqueued + this.#ledger.sampledOut;
    if (this.#flush?.upTo === upTo) return this.#flush.promise;
    this.#spans.complete();
    this.#spans = this.#openSubject();
    // What is being spilled takes its turn when it is.
    const flushed = this.#appending.then(
      () =>
        new Promise<void>((resolve) => {
          this.#jobs.next(async () => {
            if (this.#spill !== undefined) await this.#storeDeferred(this.#spill);
            await this.#writer.attempt(UNCOUNTED, () => this.#tick());
            resolve();
          });
        }),
    );
    this.#flush = { upTo, promise: this.#untilAbandoned(flushed) };
    return this.#flush.promise;
  }

  /** A store that hangs may never let `promise` resolve. Nothing is left behind of one that does. */
  #untilAbandoned(promise: Promise<void>): Promise<void> {
    if (this.#writer.isAbandoned) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushing.add(resolve);
      void promise.then(() => {
        this.#flushing.delete(resolve);
        resolve();
      });
    });
  }

  /** Looks after this, too: the sink hears of it once a second, between two writes. */
  watch(watched: Watched): void {
    this.#watched = watched;
    let isUnderWay = false;
    this.#ticker = setInterval(() => {
      watched.settle();
      // A sink that fails has other worries, and those waiting for it too.
      if (isUnderWay || this.#writer.failures > 0) return;
      isUnderWay = true;
      this.#jobs.next(async () => {
        await this.#writer.attemptOnce('Open spans and statistics', () => this.#tick(MAX_ROUTE_MINUTES));
        isUnderWay = false;
      });
    }, TICK_MILLIS).unref();
  }

  async #tick(limit?: number): Promise<void> {
    const watched = this.#watched;
    if (watched === undefined || this.#sink.tick === undefined) return;
    const routeMinutes = watched.routes.drain(limit);
    await this.#sink.tick({ openSpans: watched.openSpans(), routeMinutes, ledger: this.#ledger.snapshot() });
    watched.routes.confirm();
  }

  /**
   * Stores what is waiting, writes the last ledger and closes the sink. Never rejects. A sink that hangs keeps the
   * promise pending: the caller holds the deadline, and calls `abandon()` when it has passed.
   */
  close(reason: EndReason): Promise<void> {
    this.#closing ??= this.#drain(reason);
    return this.#closing;
  }

  /**
   * Waits for nothing any more: all that is in memory is spilled at once, synchronously; without a spill, or for a store that is
   * somebody else's, it is lost, and counted as `writeFailed`. Also the write that is under way is spilled: should it succeed, the
   * store knows its id.
   */
  abandon(reason: EndReason): void {
    if (this.#writer.isAbandoned) return;
    this.#writer.abandon();
    clearInterval(this.#ticker);
    this.#closing ??= new Promise(() => {});
    this.#spans.complete();
    const spill = this.#writer.isForeign ? undefined : this.#spill;
    for (const batch of this.#batches) {
      const { spans } = batch;
      this.#settle(batch);
      if (spill?.appendSync({ ...batch, ledger: this.#ledger.snapshot() })) this.#ledger.spilled += spans.length;
      else this.#ledger.writeFailed += spans.length;
    }
    if (spill === undefined) this.#spill?.shut();
    else spill.end(reason, this.#ledger.snapshot(), this.#watched?.routes.drain() ?? []);
    for (const resolve of this.#flushing) resolve();
    this.#flushing.clear();
    // A store that hangs may never let `close()` get there.
    void this.#spill?.close().catch(() => {});
  }

  async #drain(reason: EndReason): Promise<void> {
    this.#spans.complete();
    clearInterval(this.#ticker);
    await this.#appending;
    this.#jobs.next(async () => {
      if (this.#spill !== undefined) await this.#storeDeferred(this.#spill);
      const batch = { id: ++this.#lastBatchId, spans: [], endReason: reason };
      await this.#writer.attempt(UNCOUNTED, () => this.#tick());
      await this.#writer.attempt(UNCOUNTED, () => this.#sink.write({ ...batch, ledger: this.#ledger.snapshot() }));
    });
    this.#jobs.complete();
    await this.#drained;
    try {
      await this.#spill?.close();
      await this.#sink.close();
    } catch (error) {
      this.#report('WRITE_FAILED', `The store did not close cleanly: ${messageOf(error)}`, error);
    }
  }

  #openSubject(): Subject<SizedRecord> {
    const { batchSize, flushIntervalMillis } = this.#options;
    const spans = new Subject<SizedRecord>();
    spans
      .pipe(
        bufferTime(flushIntervalMillis, null, batchSize, unrefScheduler),
        filter((batch) => batch.length > 0),
      )
      .subscribe((batch) => this.#dispatch(batch));
    return spans;
  }

  /** To the store, or to the spill if that cannot take it soon. */
  #dispatch(spans: readonly SizedRecord[]): void {
    const spill = this.#mustDefer(spans) ? this.#spill : undefined;
    const batch = this.#admit(spans, spill !== undefined);
    if (this.#writer.isAbandoned) return;
    if (spill === undefined) this.#jobs.next(() => this.#store(batch));
    else this.#appending = this.#appending.then(() => this.#append(spill, batch));
  }

  /** Gives a batch its id, which says when it was sent on its way. */
  #admit(spans: readonly SizedRecord[], isDeferred: boolean): Batch {
    const batch = { id: ++this.#lastBatchId, spans, isDeferred };
    this.#batches.add(batch);
    return batch;
  }

  #mustDefer(spans: readonly SizedRecord[]): boolean {
    if (this.#spillIsShut || this.#writer.isForeign) return false;
    const isBehind = this.#queued - spans.length >= this.#options.maxQueueSize / 2;
    return isBehind || this.#writer.failures >= FAILURES_BEFORE_SPILL;
  }

  async #append(spill: Spill, batch: Batch): Promise<void> {
    if (this.#writer.isAbandoned) return;
    const { spans } = batch;
    const isKept = !this.#spillIsShut && (await spill.append({ ...batch, ledger: this.#ledger.snapshot() }));
    if (this.#writer.isAbandoned) return; // Spilled with all the others meanwhile; the id tells that it is the same.
    if (!isKept) {
      this.#spillIsShut = true;
      this.#batches.delete(batch);
      // Others may have been sent to the store meanwhile: it goes behind them.
      const again = this.#admit(spans, false);
      this.#jobs.next(() => this.#store(again));
      return;
    }
    this.#settle(batch);
    this.#ledger.spilled += spans.length;
    if (this.#takesIn) return;
    this.#takesIn = true;
    this.#jobs.next(() => this.#takeIn(spill));
  }

  /** Stores a batch out of the spill, and comes again behind what waits in memory by then, until the spill is empty. */
  async #takeIn(spill: Spill): Promise<void> {
    await this.#storeDeferred(spill, 1);
    this.#takesIn = spill.length > 0 && !this.#writer.isAbandoned;
    if (this.#takesIn) this.#jobs.next(() => this.#takeIn(spill));
  }

  /** Stores what the spill holds, from its front; not what comes meanwhile. */
  async #storeDeferred(spill: Spill, limit = spill.length): Promise<void> {
    for (let left = Math.min(limit, spill.length); left > 0 && !this.#writer.isAbandoned; left--) {
      const kept = await spill.first();
      if ('lostSpans' in kept) {
        this.#ledger.spilled -= kept.lostSpans;
        this.#ledger.writeFailed += kept.lostSpans;
      } else {
        const count = kept.spans.length;
        const fate = await this.#writer.write(kept, () => this.#ledger.snapshot(count, count));
        if (fate === undefined) return;
        this.#ledger.spilled -= count;
        this.#ledger[fate] += count;
      }
      await spill.shift();
    }
    if (spill.length === 0) this.#spillIsShut = false;
  }

  /** Stores one batch out of memory. */
  async #store(batch: Batch): Promise<void> {
    const { spans } = batch;
    const fate = await this.#writer.write(batch, () => this.#ledger.snapshot(spans.length));
    if (fate === undefined) return;
    this.#ledger[fate] += spans.length;
    this.#settle(batch);
    if (this.#spill?.length === 0) this.#spillIsShut = false;
  }

  /** A batch is in memory no more. */
  #settle(batch: Batch): void {
    this.#batches.delete(batch);
    this.#queued -= batch.spans.length;
    for (const span of batch.spans) this.#queuedCharacters -= span.size;
  }
}
