import type { Report } from '../diagnostics.js';
import { codeOf, messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { SinkTick, SpanBatch, SpanSink } from '../sink/sink.js';
import type { DeadProcess } from './dead-process.js';
import { SpillRecovery } from './spill-recovery.js';

/** Time for batches of others at once, while the process's own spans wait. */
const STEP_MILLIS = 1_000;

/**
 * Gives a sink of the application the batches that dead processes left in spill files, too: when the sink is opened,
 * and once a second between the process's own batches. A batch that the sink cannot take now stays in its file.
 *
 * The sink gets each batch at least once. It gets a batch twice only where a process was killed, or its write was under
 * way when the process ended; see {@link SpanBatch.id}.
 */
export class RecoveringSink implements SpanSink {
  readonly #sink: SpanSink;
  readonly #place: string;
  readonly #report: Report;
  #recovery: SpillRecovery | undefined;
  #current: DeadProcess | undefined;
  /** Set once the sink has said that its store is another program's: it gets nothing more. */
  #isForeign = false;

  /** @param place absolute path that the spill files are named after */
  constructor(sink: SpanSink, place: string, report: Report) {
    this.#sink = sink;
    this.#place = place;
    this.#report = report;
  }

  async open(process: ProcessIdentity): Promise<void> {
    await this.#sink.open?.(process);
    this.#recovery = new SpillRecovery(this.#place, process, this.#report);
    await this.#step();
  }

  write(batch: SpanBatch): Promise<void> {
    return this.#sink.write(batch);
  }

  async tick(tick: SinkTick): Promise<void> {
    await this.#sink.tick?.(tick);
    await this.#step();
  }

  async close(): Promise<void> {
    await this.#current?.release();
    this.#current = undefined;
    await this.#sink.close();
  }

  /**
   * Gives the sink batches for a second at most. Never rejects, because the write or tick of the process's own spans
   * has succeeded.
   */
  async #step(): Promise<void> {
    const until = performance.now() + STEP_MILLIS;
    try {
      while (!this.#isForeign && performance.now() < until) {
        this.#current ??= await this.#recovery?.next();
        if (this.#current === undefined || !(await this.#handOn(this.#current, until))) return;
        this.#current = undefined;
      }
    } catch (error) {
      const code = codeOf(error);
      this.#isForeign = code === 'FILE_FOREIGN';
      if (code === 'STORE_UNAVAILABLE' && (await this.#holdCurrent())) return;
      if (code !== 'STORE_UNAVAILABLE') this.#failed(error);
      await this.#current?.release();
      this.#current = undefined;
    }
  }

  /** Renews the claims, as {@link DeadProcess.hold} does. `false` also where the place has become unusable. */
  async #holdCurrent(): Promise<boolean> {
    try {
      return (await this.#current?.hold()) ?? false;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** @returns whether this process is done with the dead one: all is stored, or another process has taken over. */
  async #handOn(dead: DeadProcess, until: number): Promise<boolean> {
    while (!dead.isDone) {
      if (performance.now() >= until) {
        if (await dead.hold()) return false;
        await dead.release();
        return true;
      }
      await this.#writeNext(dead);
      if (await dead.advance()) continue;
      await dead.release();
      return true;
    }
    const { process, routeMinutes } = dead;
    const ledger = dead.ledgerAfter(Number.POSITIVE_INFINITY);
    if (routeMinutes.length > 0 && ledger !== undefined) {
      await this.#sink.tick?.({ process, openSpans: [], routeMinutes, ledger });
    }
    await dead.finish();
    return true;
  }

  /** Rejects where the batch may be stored later, and where the store is another program's. */
  async #writeNext(dead: DeadProcess): Promise<void> {
    const count = dead.nextSpans;
    try {
      const batch = await dead.readNext();
      if (batch !== undefined) await this.#sink.write(batch);
      else
        this.#report(
          'SPILL_DAMAGED',
          `${count} spans in a spill file at ${this.#place} have been damaged, and are lost.`,
        );
    } catch (error) {
      const code = codeOf(error);
      if (code === 'STORE_UNAVAILABLE' || code === 'FILE_FOREIGN') throw error;
      this.#report(
        'WRITE_FAILED',
        `${count} spans that process ${dead.process.pid} left could not be stored and are lost: ${messageOf(error)}`,
        error,
      );
    }
  }

  #failed(error: unknown): void {
    this.#report('SPILL_FAILED', `Spill files at ${this.#place} cannot be taken in: ${messageOf(error)}`, error);
  }
}
