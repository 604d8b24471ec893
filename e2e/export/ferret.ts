import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const BIN = fileURLToPath(new URL('../../packages/cli/bin/ferret.js', import.meta.url));

/** The end of a command, and its output. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the built command as a process. */
export function startFerret(cwd: string, parameters: readonly string[]): ChildProcess {
  const { FORCE_COLOR: _, NODE_DEBUG: __, ...env } = process.env;
  return spawn(process.execPath, [BIN, ...parameters], { cwd, env, stdio: 'pipe' });
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })));
}

/** Runs the built command in a directory, to its end. */
export function runFerret(cwd: string, ...parameters: string[]): Promise<Ended> {
  return endOf(startFerret(cwd, parameters));
}
