import { bufferTime, concatMap, defer, filter, lastValueFrom, Subject } from 'rxjs';
import { messageOf } from '../errors.js';
import type { SpanRecord } from '../trace/span.js';
import { backOffMillis, pause } from './back-off.js';
import type { Report } from './diagnostics.js';
import type { LedgerCounters } from './ledger.js';
import { type EndReason, type SpanSink, StoreUnavailableError } from './sink.js';
import { unrefScheduler } from './unref-scheduler.js';

export interface PipelineOptions {
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  readonly maxQueueSize: number;
}

/** Characters of attribute text that may wait for the store; keeps a queue of large spans from filling the memory. */
const MAX_QUEUED_CHARACTERS = 64 * 1024 * 1024;

/** A span that knows how many characters its attributes hold. */
type SizedRecord = SpanRecord & { readonly size: number };

/**
 * How spans leave the request path: `Subject -> bufferTime -> one write at a time`.
 *
 * `enqueue` is all the request pays for. Everything behind it is bounded: by `maxQueueSize` spans and by their size.
 */
export class Pipeline {
  readonly #sink: SpanSink;
  readonly #ledger: LedgerCounters;
  readonly #options: PipelineOptions;
  readonly #report: Report;
  /** Spans on their way into batches. Completed and replaced by `flush()`, which is how `bufferTime` is emptied early. */
  #spans: Subject<SizedRecord>;
  /** What is to be done with the store, in order, one at a time. */
  readonly #jobs = new Subject<() => Promise<void>>();
  readonly #drained: Promise<unknown>;
  #queued = 0;
  #queuedCharacters = 0;
  #enqueued = 0;
  #flush: { readonly upTo: number; readonly promise: Promise<void> } | undefined;
  #closing: Promise<void> | undefined;
  /** Set when the deadline of `close()` has passed: what cannot be stored at once is given up. */
  readonly #abandoned = new AbortController();

  constructor(sink: SpanSink, ledger: LedgerCounters, options: PipelineOptions, report: Report) {
    this.#sink = sink;
    this.#ledger = ledger;
    this.#options = options;
    this.#report = report;
    this.#drained = lastValueFrom(this.#jobs.pipe(concatMap((job) => defer(job))), { defaultValue: undefined });
    this.#spans = this.#openSubject();
  }

  /** Spans waiting for the store. */
  get queued(): number {
    return this.#queued;
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

  /** Resolves when all spans enqueued so far are stored, or lost and counted. Never rejects. */
  flush(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    if (this.#flush?.upTo === this.#enqueued) return this.#flush.promise;
    const promise = new Promise<void>((resolve) => {
      this.#spans.complete();
      this.#spans = this.#openSubject();
      this.#jobs.next(async () => resolve());
    });
    this.#flush = { upTo: this.#enqueued, promise };
    return promise;
  }

  /**
   * Stores what is waiting, writes the last ledger and closes the sink. Never rejects. A sink that hangs keeps the
   * promise pending: the caller holds the deadline, and calls `abandon()` when it has passed.
   */
  close(reason: EndReason): Promise<void> {
    this.#closing ??= this.#drain(reason);
    return this.#closing;
  }

  /** Gives up: after the write in flight, what is waiting is dropped and counted as `writeFailed`. */
  abandon(): void {
    this.#abandoned.abort();
  }

  async #drain(reason: EndReason): Promise<void> {
    this.#spans.complete();
    this.#jobs.next(() => this.#store([], reason));
    this.#jobs.complete();
    await this.#drained;
    try {
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
      .subscribe((batch) => this.#jobs.next(() => this.#store(batch)));
    return spans;
  }

  /** Stores one batch, however often it takes. Never rejects: an error would end the stream for good. */
  async #store(spans: readonly SizedRecord[], endReason?: EndReason): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (this.#abandoned.signal.aborted) {
        this.#ledger.writeFailed += spans.length;
        break;
      }
      try {
        const ledger = this.#ledger.snapshot(spans.length);
        await this.#sink.write(endReason === undefined ? { spans, ledger } : { spans, ledger, endReason });
        this.#ledger.stored += spans.length;
        break;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) {
          this.#ledger.writeFailed += spans.length;
          this.#report(
            'WRITE_FAILED',
            `${spans.length} spans could not be stored and are lost: ${messageOf(error)}`,
            error,
          );
          break;
        }
        this.#report('STORE_UNAVAILABLE', `Spans are kept in memory and tried again: ${messageOf(error)}`, error);
        await pause(backOffMillis(attempt), this.#abandoned.signal);
      }
    }
    this.#queued -= spans.length;
    for (const span of spans) this.#queuedCharacters -= span.size;
  }
}
