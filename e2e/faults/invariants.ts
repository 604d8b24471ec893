import type { Server } from 'node:http';
import type { Diagnostic } from '@ferretjs/core';
import { expect } from 'vitest';
import type { End } from '../child.js';
import { exchange } from '../contract/exchange.js';
import { query } from '../database.js';

// The invariants of every case, by their letters: one function each. (d), memory, is in memory.ts.

/** (a) The client sees the same status, headers and body, byte for byte but for the date. Returns what it saw. */
export async function expectSameBytes(
  traced: Server,
  bare: Server,
  ...pieces: readonly (string | Uint8Array)[]
): Promise<string> {
  const [received, wanted] = await Promise.all([exchange(traced, ...pieces), exchange(bare, ...pieces)]);
  expect(received).toBe(wanted);
  return received;
}

/** The exit code and the signal of a process that ended well. */
export const ENDED_WELL = { code: 0, signal: null } as const;

/**
 * (b) The process ended with the exit code and the signal that it would have had without Ferret, and (f) without a
 * flood of warnings. Where that is no failure, nothing that nobody caught is on standard error either.
 */
export function expectUndisturbed(end: End, wanted: Pick<End, 'code' | 'signal'> = ENDED_WELL): void {
  expect(end).toMatchObject(wanted);
  if (wanted.code !== 1) expect(end.stderr).not.toMatch(/^Uncaught|UnhandledPromiseRejection|triggerUncaught/m);
  expectFewWarnings(end);
}

/**
 * (f) At most one warning for each reason in a minute and process: on standard error, or as `onDiagnostic` heard them.
 */
export function expectFewWarnings(warnings: Pick<End, 'stderr' | 'seconds'> | readonly Diagnostic[]): void {
  const isOfProcess = 'stderr' in warnings;
  // A cluster's workers write to the same standard error.
  const found = isOfProcess
    ? [...warnings.stderr.matchAll(/\(node:\d+\) \[FERRET_\w+\](?= FerretWarning)/g)].map(String)
    : warnings.map(({ code }) => code);
  const minutes = isOfProcess ? Math.ceil(warnings.seconds / 60) : 1;
  const counts = new Map<string, number>();
  for (const reason of found) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const [reason, count] of counts) expect(count, `warnings ${reason}`).toBeLessThanOrEqual(minutes);
}

/** A row of `ferret_processes_v1`. */
export interface ProcessRow {
  readonly run_id: string;
  readonly process_key: string;
  readonly pid: number;
  readonly end_reason: string | null;
  readonly started: number;
  readonly stored: number;
  readonly sampled_out: number;
  readonly folded: number;
  readonly dropped_queue_full: number;
  readonly dropped_write_failed: number;
  readonly dropped_closed: number;
  readonly dropped_too_large: number;
  readonly spilled: number;
}

export interface Explained {
  /**
   * Spans that are on their way or gone, of all processes together. Default none; at most so many after a hard crash.
   */
  readonly pending?: number | { readonly atMost: number };
  /** Rows may be fewer than were stored: retention has been at work. Default false. */
  readonly pruned?: boolean;
}

/** (c) The ledger of every process adds up, and its rows are there, each once; (e) SQLite finds nothing wrong. */
export async function expectSound(database: string, { pending = 0, pruned = false }: Explained = {}) {
  expect(await query(database, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const processes = await query<ProcessRow>(database, 'SELECT * FROM ferret_processes_v1 ORDER BY started_at_us');
  for (const process of processes) {
    expect(process.started - settled(process), `spans of ${process.process_key} counted twice`).toBeGreaterThanOrEqual(
      0,
    );
  }
  const missing = processes.reduce((sum, process) => sum + process.started - settled(process), 0);
  if (typeof pending === 'number') expect(missing, 'spans that the ledger does not explain').toBe(pending);
  else {
    expect(missing, 'spans that the ledger does not explain').toBeGreaterThanOrEqual(0);
    expect(missing, 'spans that the ledger does not explain').toBeLessThanOrEqual(pending.atMost);
  }
  const rows = await query<{ process_key: string; rows: number; ids: number }>(
    database,
    'SELECT process_key, count(*) AS rows, count(DISTINCT span_id) AS ids FROM ferret_spans_v1 GROUP BY 1',
  );
  for (const { process_key, stored } of processes) {
    const found = rows.find((row) => row.process_key === process_key) ?? { rows: 0, ids: 0 };
    expect(found.ids, 'ids that are there once').toBe(found.rows);
    if (pruned) expect(found.rows).toBeLessThanOrEqual(stored);
    else expect(found.rows, `rows of ${process_key}`).toBe(stored);
  }
  return processes;
}

function settled(process: ProcessRow): number {
  return (
    process.stored +
    process.sampled_out +
    process.folded +
    process.dropped_queue_full +
    process.dropped_write_failed +
    process.dropped_closed +
    process.dropped_too_large +
    process.spilled
  );
}
