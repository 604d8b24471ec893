import type { ProcessIdentity } from '../process/process-identity.js';
import type { SpanRecord } from '../trace/span.js';
import type { EndReason } from './end-reason.js';
import type { Ledger } from './ledger.js';
import type { SpanBatch, SpanSink } from './sink.js';

/**
 * A sink that keeps all batches in memory, for tests of applications and of Ferret itself. It makes no file. For tests
 * only: it keeps every span for as long as it lives, without a bound.
 *
 * @example
 * const sink = new MemorySink();
 * const ferret = createFerret({ sink });
 * ferret.measure('work', () => 42);
 * await ferret.flush();
 * expect(sink.spans[0]?.name).toBe('work');
 */
export class MemorySink implements SpanSink {
  /** The spans of every batch that has some, in the order the batches were stored in. */
  readonly batches: (readonly SpanRecord[])[] = [];
  /**
   * The process that writes; `undefined` before its first batch. Of several Ferrets with this sink, the last to begin.
   */
  process: ProcessIdentity | undefined;
  /** The ledger of the last batch; `undefined` before the first. */
  ledger: Ledger | undefined;
  /** Why the process ended, as its last batch says; `undefined` while it records. */
  endReason: EndReason | undefined;
  /** Whether `close()` was called. Nothing is refused afterwards: several Ferrets may share a sink. */
  isClosed = false;
  readonly #beforeWrite: (batch: SpanBatch) => void | Promise<void>;

  /**
   * @param beforeWrite Awaited before each batch is kept: to look at it, to hold it back, or to fail. What it throws is
   *   what the write fails with. Default: nothing.
   */
  constructor(beforeWrite: (batch: SpanBatch) => void | Promise<void> = () => {}) {
    this.#beforeWrite = beforeWrite;
  }

  /** Every span stored, in order. */
  get spans(): readonly SpanRecord[] {
    return this.batches.flat();
  }

  open(process: ProcessIdentity): void {
    this.process = process;
  }

  /**
   * Keeps a batch. One that is written twice is kept twice: Ferret writes a batch again only after it has failed here.
   */
  async write(batch: SpanBatch): Promise<void> {
    await this.#beforeWrite(batch);
    if (batch.spans.length > 0) this.batches.push(batch.spans);
    this.ledger = batch.ledger;
    this.endReason = batch.endReason ?? this.endReason;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
