import type { Report } from '../diagnostics.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { LedgerCounters } from '../sink/ledger.js';
import type { SpanSink } from '../sink/sink.js';
import type { Spill } from '../sink/spill.js';
import type { Ending } from './ending.js';

export interface PipelineOptions {
  /** Who writes; told to the sink. */
  readonly process: ProcessIdentity;
  readonly batchSize: number;
  readonly flushIntervalMillis: number;
  readonly maxQueueSize: number;
  /**
   * The sink stores nothing: all batches go to the spill and stay there, for another process to take in. Default:
   * false.
   */
  readonly onlySpills?: boolean;
}

/** The parts that a pipeline works with. */
export interface PipelineParts {
  readonly sink: SpanSink;
  readonly spill?: Spill | undefined;
  readonly ledger: LedgerCounters;
  readonly ending: Ending;
  readonly report: Report;
}
