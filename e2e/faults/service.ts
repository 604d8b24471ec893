import type { ForkOptions } from 'node:child_process';
import type { CloseReport, FerretOptions, Ledger } from '@ferretjs/core';
import { expect, onTestFinished } from 'vitest';
import { ask, type Child, message, start, temporaryFile } from '../child.js';
import { expectUndisturbed } from './invariants.js';
import { type RunningLoad, startLoad } from './load.js';

/** `fault-service.mjs` in a process of its own. */
export interface Service {
  readonly child: Child;
  readonly port: number;
  readonly database: string;
  /** Starts to send `/users/<n>` at this rate; see {@link startLoad}. */
  load(requestsPerSecond: number): RunningLoad;
  stats(): Promise<Ledger>;
  /** Waits until the ledger matches this. */
  until(ledger: object): Promise<void>;
  flush(): Promise<Ledger>;
  longestDelay(): Promise<number>;
  /**
   * Ends the service as it should end, and expects that (b), (c) and (f) hold. Returns what it wrote to standard error,
   * too.
   */
  close(): Promise<CloseReport & { readonly stderr: string }>;
}

export interface Surroundings {
  readonly environment?: Record<string, string>;
  /** Options of Node. */
  readonly execArgv?: readonly string[];
  readonly fork?: ForkOptions;
}

export async function startService(
  options: FerretOptions = {},
  { environment = {}, execArgv = [], fork = {} }: Surroundings = {},
): Promise<Service> {
  const database = options.database ?? temporaryFile();
  const variables = { ...environment, OPTIONS: JSON.stringify({ ...options, database }) };
  const child = start('fault-service.mjs', variables, execArgv, fork);
  onTestFinished(() => void child.process.kill('SIGKILL'));
  const { port } = await message<{ port: number }>(child);
  return {
    child,
    port,
    database,
    load: (requestsPerSecond) => startLoad(port, requestsPerSecond),
    stats: () => ask<Ledger>(child, 'stats'),
    until: (ledger) =>
      expect.poll(() => ask<Ledger>(child, 'stats'), { interval: 100, timeout: 60_000 }).toMatchObject(ledger),
    flush: () => ask<Ledger>(child, 'flush'),
    longestDelay: () => ask<number>(child, 'longestDelay'),
    async close() {
      const report = await ask<CloseReport>(child, 'close');
      const end = await child.ended;
      expectUndisturbed(end);
      expect(unexplained(report.ledger)).toBe(0);
      return { ...report, stderr: end.stderr };
    },
  };
}

/** For {@link Service.until}: so many or more. */
export function atLeast(count: number): unknown {
  return expect.toSatisfy((value: number) => value >= count, `at least ${count}`);
}

/** (c) of a ledger out of a process: spans it does not explain, once nothing is pending any more. */
export function unexplained({ started, stored, sampledOut, folded, dropped, spilled }: Ledger): number {
  const { queueFull, writeFailed, closed, tooLarge } = dropped;
  return started - stored - sampledOut - folded - queueFull - writeFailed - closed - tooLarge - spilled;
}
