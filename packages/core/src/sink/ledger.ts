/**
 * What became of every span this process started. Always exact:
 * `started = stored + sampledOut + dropped.queueFull + dropped.writeFailed + dropped.closed + dropped.tooLarge + spilled + pending`.
 */
export interface Ledger {
  /** Spans started, recorded or not. */
  readonly started: number;
  /** Spans committed to the store. */
  readonly stored: number;
  /** Spans the sampler decided not to keep. */
  readonly sampledOut: number;
  /** Spans lost, by reason. */
  readonly dropped: {
    /** The queue held `maxQueueSize` spans already. */
    readonly queueFull: number;
    /** The store refused the batch for good, or could not take it before the deadline of `close()`. */
    readonly writeFailed: number;
    /** Started, or still open, after `close()`. */
    readonly closed: number;
    /** One span was larger than the store takes. */
    readonly tooLarge: number;
  };
  /** Spans kept in a spill file, until the store takes them in: this process when it can, or the next one. */
  readonly spilled: number;
  /** Spans still open, or on their way to the store. */
  readonly pending: number;
}

/** The counters behind a {@link Ledger}: plain numbers, cheap to raise on the request path. */
export class LedgerCounters {
  started = 0;
  stored = 0;
  sampledOut = 0;
  queueFull = 0;
  writeFailed = 0;
  closed = 0;
  tooLarge = 0;
  spilled = 0;

  /**
   * @param beingStored spans to count as stored already: those of the batch this snapshot is written with.
   * @param fromSpill how many of them have been counted as spilled so far.
   */
  snapshot(beingStored = 0, fromSpill = 0): Ledger {
    const { started, sampledOut, queueFull, writeFailed, closed, tooLarge } = this;
    const stored = this.stored + beingStored;
    const spilled = this.spilled - fromSpill;
    const settled = stored + sampledOut + queueFull + writeFailed + closed + tooLarge + spilled;
    return {
      started,
      stored,
      sampledOut,
      dropped: { queueFull, writeFailed, closed, tooLarge },
      spilled,
      pending: started - settled,
    };
  }
}
