import type { Report } from '../diagnostics.js';
import { codeOf, messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { Ledger } from '../sink/ledger.js';
import type { SinkTick, SpanBatch, SpanSink } from '../sink/sink.js';
import { unrecorded } from '../trace/context.js';
import { backOffMillis, pause } from './back-off.js';
import type { Ending } from './ending.js';

/** Outcome of a batch, by the name of its counter in the ledger. */
export type Fate = 'stored' | 'writeFailed';

/**
 * Calls the methods of a sink: outside of any request, opened before the first call, again where the sink is
 * unavailable. Knows how the last calls went. The caller sees to it that there is one call at a time.
 */
export class SinkWriter {
  readonly #sink: SpanSink;
  readonly #process: ProcessIdentity;
  readonly #report: Report;
  readonly #ending: Ending;
  readonly #writes = { count: 0, sumMillis: 0 };
  #failures = 0;
  #isForeign = false;
  #isOpen = false;

  constructor(sink: SpanSink, process: ProcessIdentity, report: Report, ending: Ending) {
    this.#sink = sink;
    this.#process = process;
    this.#report = report;
    this.#ending = ending;
  }

  /** Failures in a row of the call that is under way; 0 where none has failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether the sink has last rejected with `FILE_FOREIGN`: nothing will ever be stored there. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** Number of batches written so far, and the time that the writes took together. */
  get writes(): { readonly count: number; readonly sumMillis: number } {
    return this.#writes;
  }

  /**
   * Writes a batch with the ledger of that moment, until the sink has taken or refused it. Never rejects.
   *
   * @returns the outcome. `undefined` if the pipeline was abandoned before that was known; `stored` also if it was
   *   abandoned while the write was under way.
   */
  write(batch: Omit<SpanBatch, 'ledger'>, ledger: () => Ledger): Promise<Fate | undefined> {
    return this.attempt(`${batch.spans.length} spans`, async () => {
      const started = performance.now();
      await this.writeOnce({ ...batch, ledger: ledger() });
      this.#isForeign = false;
      this.#writes.count++;
      this.#writes.sumMillis += performance.now() - started;
    });
  }

  /** Writes a batch once. Rejects as the sink does. */
  writeOnce(batch: SpanBatch): Promise<void> {
    return this.#whenOpen(() => this.#sink.write(batch));
  }

  /** Whether the sink has a `tick`. */
  get hasTick(): boolean {
    return this.#sink.tick !== undefined;
  }

  tick(tick: SinkTick): Promise<void> {
    return this.#whenOpen(() => this.#sink.tick?.(tick));
  }

  /** Closes the sink, whether it was opened or not. Rejects as the sink does. */
  close(): Promise<void> {
    return unrecorded(async () => this.#sink.close());
  }

  #whenOpen(work: () => Promise<void> | undefined): Promise<void> {
    return unrecorded(async () => {
      if (!this.#isOpen && this.#sink.open !== undefined) await this.#sink.open(this.#process);
      this.#isOpen = true;
      await work();
    });
  }

  /**
   * Does any work with the sink until it succeeds or fails for good. Never rejects.
   *
   * @param what names for the report what is lost then
   * @returns as {@link write} does
   */
  async attempt(what: string, work: () => Promise<void>): Promise<Fate | undefined> {
    const ending = this.#ending;
    for (this.#failures = 0; !ending.isAbandoned; this.#failures++) {
      try {
        await work();
        this.#failures = 0;
        return 'stored';
      } catch (error) {
        if (ending.isAbandoned) break;
        const code = codeOf(error);
        this.#isForeign = code === 'FILE_FOREIGN';
        if (code !== 'STORE_UNAVAILABLE') {
          this.#report('WRITE_FAILED', `${what} could not be stored and are lost: ${messageOf(error)}`, error);
          this.#failures = 0;
          return 'writeFailed';
        }
        this.#report('STORE_UNAVAILABLE', `Spans are kept and tried again: ${messageOf(error)}`, error);
        await pause(backOffMillis(this.#failures), ending.abandoned);
      }
    }
    return undefined;
  }

  /** Does work once that will come again anyway. Never rejects. `what` names for the report what was not stored. */
  async attemptOnce(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const code = codeOf(error);
      this.#isForeign = code === 'FILE_FOREIGN';
      if (code === 'STORE_UNAVAILABLE') return;
      this.#report('WRITE_FAILED', `${what} could not be stored: ${messageOf(error)}`, error);
    }
  }
}
