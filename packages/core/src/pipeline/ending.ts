/** The state of a pipeline's end. The port that `ferret/lifecycle.ts` implements. */
export interface Ending {
  /** Whether spans are recorded. */
  readonly isOpen: boolean;
  /** Whether the deadline has passed or the process exits: nothing is waited for any more. */
  readonly isAbandoned: boolean;
  /** Aborted when {@link isAbandoned} becomes true: ends the pauses between attempts. */
  readonly abandoned: AbortSignal;
  /** Begins the end. A second call does nothing. */
  close(): void;
  /** To be called when the end has come in time: nothing is left to abandon. */
  closed(): void;
  /** @returns `false` where the end has come already, in time or not. */
  abandon(): boolean;
  /** @returns `false` where the pipeline is open, was abandoned, or must not be reopened. */
  reopen(): boolean;
  /**
   * Resolves with `promise`, or when the pipeline is abandoned, because a store that hangs never lets `promise`
   * resolve. `promise` must not reject.
   */
  untilAbandoned(promise: Promise<void>): Promise<void>;
}
