import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../packages/cli/bin/ferret.js', import.meta.url));

/** The end of a command, and its output. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
}

/** Starts `ferret` with these arguments, as a process of its own, in a directory. */
export function startCommand(parameters: readonly string[], options: CommandOptions): ChildProcess {
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  const env = { ...inherited, ...options.env };
  return spawn(process.execPath, [BIN, ...parameters], { ...options, env, stdio: 'pipe' });
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}

/** Runs `ferret` with these arguments to its end. */
export function runCommand(parameters: readonly string[], options: CommandOptions): Promise<Ended> {
  return endOf(startCommand(parameters, options));
}
