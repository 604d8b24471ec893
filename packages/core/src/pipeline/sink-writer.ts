import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { Ledger } from '../sink/ledger.js';
import { type SpanBatch, type SpanSink, StoreForeignError, StoreUnavailableError } from '../sink/sink.js';
import { backOffMillis, pause } from './back-off.js';

/** What becomes of a batch; the ledger has a counter of that name. */
export type Fate = 'stored' | 'writeFailed';

/**
 * Does one thing at a time with a sink that may be unavailable for a while, and knows how that went lately. Never rejects: an error
 * would end the pipeline's stream for good.
 */
export class SinkWriter {
  readonly #sink: SpanSink;
  readonly #report: Report;
  readonly #abandoned = new AbortController();
  readonly #writes = { count: 0, sumMillis: 0 };
  #failures = 0;
  #isForeign = false;

  constructor(sink: SpanSink, report: Report) {
    this.#sink = sink;
    this.#report = report;
  }

  /** Failures of what is under way, in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The sink has said last that nothing will ever be stored there. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** Batches written so far, and the time that took. */
  get writes(): { readonly count: number; readonly sumMillis: number } {
    return this.#writes;
  }

  /** Nothing can be waited for any more: at the process's exit, or at the deadline of `close()`. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** Ends what is waited for, too. */
  abandon(): void {
    this.#abandoned.abort();
  }

  /** Writes a batch with the ledger as it is then. Returns what became of its spans, nothing if the sink was abandoned before. */
  write(batch: Omit<SpanBatch, 'ledger'>, ledger: () => Ledger): Promise<Fate | undefined> {
    return this.attempt(`${batch.spans.length} spans`, async () => {
      const started = performance.now();
      await this.#sink.write({ ...batch, ledger: ledger() });
      this.#isForeign = false;
      this.#writes.count++;
      this.#writes.sumMillis += performance.now() - started;
    });
  }

  /**
   * Does something else with the sink, however often that takes. Returns what became of it, nothing if the sink was abandoned before.
   *
   * @param what is lost if it fails for good, for the report
   */
  async attempt(what: string, work: () => Promise<void>): Promise<Fate | undefined> {
    const { signal } = this.#abandoned;
    for (this.#failures = 0; !signal.aborted; this.#failures++) {
      try {
        await work();
        this.#failures = 0;
        return signal.aborted ? undefined : 'stored';
      } catch (error) {
        if (signal.aborted) break;
        this.#isForeign = error instanceof StoreForeignError;
        if (!(error instanceof StoreUnavailableError)) {
          this.#report('WRITE_FAILED', `${what} could not be stored and are lost: ${messageOf(error)}`, error);
          this.#failures = 0;
          return 'writeFailed';
        }
        this.#report('STORE_UNAVAILABLE', `Spans are kept and tried again: ${messageOf(error)}`, error);
        await pause(backOffMillis(this.#failures), signal);
      }
    }
    return undefined;
  }

  /** Does something that comes again anyway, once. `what` is not stored until then, if it fails; for the report. */
  async attemptOnce(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#isForeign = error instanceof StoreForeignError;
      if (error instanceof StoreUnavailableError) return;
      this.#report('WRITE_FAILED', `${what} could not be stored: ${messageOf(error)}`, error);
    }
  }
}
