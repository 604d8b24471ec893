import type { Process, Run } from '@ferretjs/core/reader';

/** Where exported spans come from, and whom to tell what could not be carried over. */
export interface ExportSource {
  /** The runs that spans may belong to, the one that was asked for first. */
  readonly runs: readonly Run[];
  /** Whether one trace was asked for by its id. */
  readonly isOneTrace: boolean;
  /** Called for what the format leaves out or draws otherwise. */
  readonly warn: (text: string) => void;
}

/** A process, and the run it belongs to. */
export interface RunProcess {
  readonly run: Run;
  readonly process: Process;
}

/** The processes of the runs, by their keys. */
export function processesByKey(runs: readonly Run[]): Map<string, RunProcess> {
  return new Map(
    runs.flatMap((run) => run.processes.map((process) => [process.processKey, { run, process }] as const)),
  );
}
