import type { Ledger, Reader } from '@ferretjs/core/reader';
import { describeLosses } from './losses.js';
import { type RunSummary, summaryOf } from './run.js';

/** The runs of a store. */
export interface RunList {
  /** The newest first. */
  readonly runs: readonly ListedRun[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
  /** The number of runs before `limit`. */
  readonly runCount: number;
}

export interface ListedRun extends RunSummary {
  readonly ledger: Ledger;
  /** Spans of the run that are not in the store, a line a reason. */
  readonly missing: readonly string[];
}

/** Lists the newest `limit` runs; all of them by default. */
export async function listRuns(reader: Reader, limit = Number.POSITIVE_INFINITY): Promise<RunList> {
  const all = await reader.runs();
  const runs = all.slice(0, limit).map((run) => ({
    ...summaryOf(run),
    ledger: run.ledger,
    missing: describeLosses(run.processes, run.ledger),
  }));
  return { runs, hasMore: all.length > runs.length, runCount: all.length };
}
