import type { Reader, Run } from '@ferretjs/core/reader';
import { countOf, formatCount } from '../words/numbers.js';

/** Stands for all runs of a file: an app in development begins a new one with every restart. */
export const ALL_RUNS = 'all';

/** The runs that a report is of. */
export interface Scope {
  /** The run, or all runs put together. */
  readonly run: Run;
  /** The id to give to the reader: `undefined` for all runs. */
  readonly runId: string | undefined;
  /** The heading of a report: the run's id, or `all 3 runs of the file`. */
  readonly title: string;
}

const NAMED_SERVICES = 3;

/** Finds the run that `--run` asks for: by its id, the beginning of it, `all`, or the newest without one. */
export async function findScope(reader: Reader, requested: string | undefined): Promise<Scope> {
  const runs = requested === ALL_RUNS ? await reader.runs() : [];
  // Somebody may have called a run so.
  if (runs.length === 0 || runs.some(({ runId }) => runId === ALL_RUNS)) {
    const run = await reader.run(runs.length === 0 && requested === ALL_RUNS ? undefined : requested);
    return { run, runId: run.runId, title: run.runId };
  }
  return { run: together(runs), runId: undefined, title: `all ${countOf(runs.length, 'run')} of the file` };
}

/** Runs as one: from the first start to the last end. */
function together(runs: readonly Run[]): Run {
  const processes = runs.flatMap((run) => run.processes);
  const ends = runs.flatMap(({ endedAtMicros }) => endedAtMicros ?? []);
  const services = [...new Set(runs.map(({ service }) => service))];
  const others = services.length - NAMED_SERVICES;
  return {
    runId: ALL_RUNS,
    service: `${services.slice(0, NAMED_SERVICES).join(', ')}${others > 0 ? ` and ${formatCount(others)} more` : ''}`,
    startedAtMicros: runs.reduce((first, run) => Math.min(first, run.startedAtMicros), Number.POSITIVE_INFINITY),
    ...(ends.length === runs.length && { endedAtMicros: ends.reduce((last, end) => Math.max(last, end)) }),
    resource: {},
    processes,
    ledger: runs.map(({ ledger }) => ledger).reduce(sumOf),
  };
}

function sumOf(one: Run['ledger'], other: Run['ledger']): Run['ledger'] {
  const entries = Object.entries(one).map(([key, value]) => {
    const added = other[key as keyof Run['ledger']];
    return [key, typeof value === 'number' ? value + Number(added) : sumOf(value as never, added as never)];
  });
  return Object.fromEntries(entries) as Run['ledger'];
}
