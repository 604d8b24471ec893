import { type Batch, charactersOf, MAX_BATCH_CHARACTERS, type SizedRecord } from './batch.js';
import { bufferTime, filter, Subject } from './rxjs.js';
import { unrefScheduler } from './unref-scheduler.js';

/** Characters of attribute text that may wait for the store: a queue of large spans must not fill the memory. */
const MAX_QUEUED_CHARACTERS = 64 * 1024 * 1024;

export interface SpanQueueOptions {
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  readonly maxQueueSize: number;
  /** Called with the spans of each batch that is complete. */
  readonly onBatch: (spans: readonly SizedRecord[]) => void;
  /** Called with the number of spans that were lost because the stream has failed. They have left the queue. */
  readonly onLost: (count: number, error: unknown) => void;
}

/** The spans in memory, bounded in number and size. `bufferTime` makes batches of those that come. */
export class SpanQueue {
  readonly #options: SpanQueueOptions;
  /**
   * Stream of the spans of the batch that is being put together; the first span opens it. {@link endBatch} completes
   * the stream, which empties `bufferTime` early.
   */
  #spans: Subject<SizedRecord> | undefined;
  /** Spans of the batch that is being put together, and their characters. */
  #batchSpans = 0;
  #batchCharacters = 0;
  readonly #batches = new Set<Batch>();
  #lastBatchId = 0;
  #length = 0;
  #characters = 0;
  #added = 0;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
  }

  /** Spans that are in memory: in a batch, or not yet. */
  get length(): number {
    return this.#length;
  }

  /** Number of spans added so far. */
  get added(): number {
    return this.#added;
  }

  /** The batches in memory, in order. */
  get batches(): ReadonlySet<Batch> {
    return this.#batches;
  }

  get isFull(): boolean {
    return this.#length >= this.#options.maxQueueSize || this.#characters > MAX_QUEUED_CHARACTERS;
  }

  add(span: SizedRecord): void {
    const characters = charactersOf(span);
    this.#length++;
    this.#added++;
    this.#characters += characters;
    this.#batchSpans++;
    this.#batchCharacters += characters;
    this.#spans ??= this.#openStream();
    this.#spans.next(span);
    if (this.#batchCharacters >= MAX_BATCH_CHARACTERS) this.endBatch();
  }

  /** Ends the batch that is being put together, as it is. */
  endBatch(): void {
    this.#spans?.complete();
    this.#spans = undefined;
  }

  /** The next id. Ids are given in the order in which batches are ended. */
  nextBatchId(): number {
    return ++this.#lastBatchId;
  }

  /** Makes a batch of the spans that {@link SpanQueueOptions.onBatch} was called with. */
  admit(spans: readonly SizedRecord[], isDeferred: boolean): Batch {
    // A sink that empties the list would leave the queue full for good: it is counted by this list.
    const batch = { id: this.nextBatchId(), spans: Object.freeze(spans), isDeferred };
    this.#batches.add(batch);
    return batch;
  }

  /** Makes a new batch of the same spans, with a later id than the batches that were ended meanwhile. */
  readmit(batch: Batch): Batch {
    this.#batches.delete(batch);
    return this.admit(batch.spans, false);
  }

  /** Removes a batch and its spans. */
  remove(batch: Batch): void {
    this.#batches.delete(batch);
    this.#length -= batch.spans.length;
    for (const span of batch.spans) this.#characters -= charactersOf(span);
  }

  /** Says the likely cause of a full queue, and a remedy. */
  whyFull(isFailing: boolean): string {
    if (isFailing) return 'The store fails: a full disk, or a file locked by another program, is the usual cause.';
    if (this.#characters > MAX_QUEUED_CHARACTERS) {
      return 'It holds 64 million characters: fewer or shorter attributes make room for more spans.';
    }
    return (
      'More spans end than the store takes: in a burst, which a larger maxQueueSize has room for, or for longer, ' +
      'which fewer spans (maxSpansPerSecond) or a faster disk would help.'
    );
  }

  #openStream(): Subject<SizedRecord> {
    const { flushIntervalMillis, batchSize, onBatch } = this.#options;
    const spans = new Subject<SizedRecord>();
    spans
      .pipe(
        bufferTime(flushIntervalMillis, null, batchSize, unrefScheduler),
        filter((batch) => batch.length > 0),
      )
      .subscribe({
        next: (batch) => {
          this.#beginBatch();
          onBatch(batch);
        },
        error: (error) => this.#streamFailed(error),
      });
    return spans;
  }

  /**
   * Replaces a stream that has failed, as it passes nothing on any more: the next span opens another. The spans in it
   * are lost.
   */
  #streamFailed(error: unknown): void {
    const lost = this.#batchSpans;
    this.#spans = undefined;
    this.#length -= lost;
    this.#characters -= this.#batchCharacters;
    this.#beginBatch();
    this.#options.onLost(lost, error);
  }

  #beginBatch(): void {
    this.#batchSpans = 0;
    this.#batchCharacters = 0;
  }
}
