import type { SpanSink } from '../sink/sink.js';
import type { SpanEvent, SpanLink, SpanRecord } from '../trace/span.js';

/**
 * The fields of a stored span that the contract compares. `attributes` may have more than were stored, such as
 * `http.route`.
 */
export type ContractSpan = Pick<
  SpanRecord,
  'traceId' | 'spanId' | 'name' | 'kind' | 'startMicros' | 'durationNanos' | 'outcome'
> & {
  readonly parentId?: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Absent or empty where there are none. */
  readonly links?: readonly SpanLink<unknown>[] | undefined;
  readonly events?: readonly SpanEvent<unknown>[] | undefined;
};

/** Functions by which the contract reaches a store, and facts about that store. */
export interface SinkContractOptions {
  /** Makes a sink over a place of its own, which is empty. Called once for each case. */
  readonly create: () => SpanSink | Promise<SpanSink>;
  /**
   * Reads all spans that are stored at the place of a sink that `create` made, in any order. The sink has been closed
   * by then.
   */
  readonly read: (sink: SpanSink) => readonly ContractSpan[] | Promise<readonly ContractSpan[]>;
  /**
   * The store knows, by process and id, which batches it has, and stores none twice. `false` for a store that cannot
   * know: it may get a batch again after a failure or a crash. Default true.
   */
  readonly knowsBatches?: boolean;
  /**
   * Makes the store of a sink busy, locked or unreachable, and returns what ends that. Where it is given, the contract
   * checks that the sink rejects with the code `STORE_UNAVAILABLE` meanwhile. Default: that is not checked.
   */
  readonly interrupt?: (sink: SpanSink) => Promise<() => Promise<void> | void>;
  /** Longest that one case may take, in milliseconds. Default 10,000. */
  readonly timeoutMillis?: number;
}
