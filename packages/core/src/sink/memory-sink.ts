import type { SpanRecord } from '../trace/span.js';
import type { Ledger } from './ledger.js';
import type { EndReason, SpanBatch, SpanSink } from './sink.js';

/**
 * A store that keeps what it is given in memory, for tests of applications and of Ferret itself.
 *
 * @example
 * const sink = new MemorySink();
 * const ferret = createFerret({ sink });
 * ferret.measure('work', () => 42);
 * await ferret.flush();
 * expect(sink.spans[0]?.name).toBe('work');
 */
export class MemorySink implements SpanSink {
  /** Every batch stored, in order. */
  readonly batches: (readonly SpanRecord[])[] = [];
  /** The ledger of the last batch. */
  ledger: Ledger | undefined;
  endReason: EndReason | undefined;
  isClosed = false;
  readonly #beforeWrite: (batch: SpanBatch) => void | Promise<void>;

  /** @param beforeWrite Awaited before each batch is kept; what it throws is what the write fails with. */
  constructor(beforeWrite: (batch: SpanBatch) => void | Promise<void> = () => {}) {
    this.#beforeWrite = beforeWrite;
  }

  /** Every span stored, in order. */
  get spans(): readonly SpanRecord[] {
    return this.batches.flat();
  }

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
