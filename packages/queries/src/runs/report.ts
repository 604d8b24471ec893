import type { Ledger } from '@ferretjs/core/reader';
import { describeLosses } from './losses.js';
import { type RunSummary, summaryOf } from './run.js';
import type { Scope } from './scope.js';

/**
 * The head of every report about a run, or about all runs of a store. A report that hid a loss would be wrong, so it
 * has them all.
 */
export interface Report {
  readonly run: RunSummary;
  /** The run's id, or `all 3 runs of the file`. */
  readonly title: string;
  readonly ledger: Ledger;
  /** Spans that were started and are not in the report, a line a reason. Empty where nothing was lost. */
  readonly missing: readonly string[];
}

/** The head of a report; `missing` holds losses that only this report knows of. */
export function reportOf({ run, title }: Scope, missing: readonly string[] = []): Report {
  return {
    run: summaryOf(run),
    title,
    ledger: run.ledger,
    missing: [...describeLosses(run.processes, run.ledger), ...missing],
  };
}
