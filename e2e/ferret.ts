import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Ended, endOf, type ProcessOptions } from './run-process.js';

/** The built command. */
export const BIN = fileURLToPath(new URL('../packages/cli/bin/ferret.js', import.meta.url));

interface CommandOptions extends ProcessOptions {
  readonly uid?: number;
}

/** Starts `ferret` with these arguments, as a process of its own, in a directory. */
export function startFerret(parameters: readonly string[], options: CommandOptions): ChildProcess {
  const { FORCE_COLOR: _, NO_COLOR: __, NODE_DEBUG: ___, ...inherited } = process.env;
  const env = { ...inherited, ...options.env };
  return spawn(process.execPath, [BIN, ...parameters], { ...options, env, stdio: 'pipe' });
}

/** Runs `ferret` with these arguments to its end. */
export function runFerret(parameters: readonly string[], options: CommandOptions): Promise<Ended> {
  return endOf(startFerret(parameters, options));
}
