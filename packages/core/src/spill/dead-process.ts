import type { ProcessIdentity } from '../process/process-identity.js';
import type { EndReason } from '../sink/end-reason.js';
import { figuresOf, type Ledger, toLedger } from '../sink/ledger.js';
import type { SpanBatch } from '../sink/sink.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SpillClaim } from './spill-claim.js';
import { decode } from './spill-record.js';
import type { SpillContent, SpilledBatch } from './spill-scan.js';

/** A spill file of a dead process, claimed and read. */
export interface ClaimedFile {
  readonly claim: SpillClaim;
  readonly content: SpillContent;
}

interface Step {
  readonly claim: SpillClaim;
  readonly batch: SpilledBatch;
  /** Number of batches of its file that are stored once this one is. */
  readonly taken: number;
}

/** The batches that a dead process left in its spill files, and the position of the next one to be stored. */
export class DeadProcess {
  readonly process: ProcessIdentity;
  readonly #files: readonly ClaimedFile[];
  readonly #steps: readonly Step[];
  readonly #ledger: Ledger | undefined;
  readonly #endReason: EndReason;
  #next = 0;

  /** @param files in the order in which they are taken in. A batch that is in two of them is taken from the first. */
  constructor(process: ProcessIdentity, files: readonly ClaimedFile[]) {
    this.process = process;
    this.#files = files;
    // A batch that is stored from one file may be in another file, too, which nobody has got to yet.
    const seen = new Set(
      files.flatMap(({ claim, content }) => content.batches.slice(0, claim.taken).map(({ id }) => id)),
    );
    this.#steps = files.flatMap(({ claim, content }) =>
      content.batches
        .map((batch, index) => ({ claim, batch, taken: index + 1 }))
        .slice(claim.taken)
        .filter(({ batch }) => !batch.isDeferred || batch.id > (content.end?.storedUpTo ?? 0))
        .filter(({ batch }) => !seen.has(batch.id) && seen.add(batch.id)),
    );
    const ledgers = files.flatMap(({ content }) => content.ledger ?? []);
    this.#ledger = ledgers.sort((one, other) => other.started - one.started)[0];
    this.#endReason = files.flatMap(({ content }) => content.end?.reason ?? [])[0] ?? 'crashed';
  }

  get isDone(): boolean {
    return this.#next === this.#steps.length;
  }

  /** Number of spans in the next batch. */
  get nextSpans(): number {
    return this.#steps[this.#next]?.batch.spans ?? 0;
  }

  /** Statistics that the process left. */
  get routeMinutes(): readonly RouteMinute[] {
    return this.#files.flatMap(({ content }) => content.routeMinutes);
  }

  /** The ledger of the process, as it is once the first `done` batches are stored. */
  ledgerAfter(done: number): Ledger | undefined {
    if (this.#ledger === undefined) return undefined;
    const spansOf = (steps: readonly Step[]) => steps.reduce((sum, { batch }) => sum + batch.spans, 0);
    const figures = figuresOf(this.#ledger);
    const spilled = spansOf(this.#steps.slice(done));
    const stored = figures.stored + spansOf(this.#steps.slice(0, done));
    const { pending } = toLedger({ ...figures, stored, spilled });
    // Some of these spans were stored before, and counted then.
    return toLedger({ ...figures, stored: stored + Math.min(0, pending), spilled });
  }

  /** The next batch, or `undefined` if it cannot be read any more. */
  async readNext(): Promise<SpanBatch | undefined> {
    const { claim, batch } = this.#steps[this.#next]!;
    const record = decode(await claim.read(batch.offset, batch.length));
    if (typeof record !== 'object' || !('batch' in record)) return undefined;
    const isLast = this.#next === this.#steps.length - 1;
    return {
      ...record.batch,
      process: this.process,
      ledger: this.ledgerAfter(this.#next + 1) ?? record.batch.ledger,
      ...(isLast && { endReason: this.#endReason }),
    };
  }

  /** Goes on to the next batch. @returns `false` where another process has taken the file over. */
  advance(): Promise<boolean> {
    const { claim, taken } = this.#steps[this.#next]!;
    this.#next++;
    return claim.hold(taken);
  }

  /**
   * Renews the claims while nothing can be stored. @returns `false` where another process has taken a file over.
   */
  async hold(): Promise<boolean> {
    return (await Promise.all(this.#files.map(({ claim }) => claim.hold()))).every(Boolean);
  }

  async release(): Promise<void> {
    await Promise.all(this.#files.map(({ claim }) => claim.release()));
  }

  /** Removes the files: all batches are stored. */
  async finish(): Promise<void> {
    await Promise.all(this.#files.map(({ claim }) => claim.finish()));
  }
}
