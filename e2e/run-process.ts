import { type ChildProcess, spawn } from 'node:child_process';

/** The end of a process, and its output. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface ProcessOptions {
  readonly cwd: string;
  /** Variables beside those that the tests themselves have. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Waits for the end of a process, and collects the output from now on. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

/** Runs a program without standard input to its end. */
export function runProcess(program: string, parameters: readonly string[], options: ProcessOptions): Promise<Ended> {
  const env = { ...process.env, ...options.env };
  return endOf(spawn(program, parameters, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Runs a script under the Node of the tests to its end. */
export function runNode(parameters: readonly string[], options: ProcessOptions): Promise<Ended> {
  return runProcess(process.execPath, parameters, options);
}
