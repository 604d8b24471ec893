import { spawn } from 'node:child_process';
import { findAuto } from './find-auto.js';

/** Signals that end a program, and that are passed on to it. */
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR2'] as const;

/** Exit codes of shells: there is no such program, and the program cannot be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** The end of a program. */
export interface ProgramEnd {
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs a program whose Node processes instrument themselves, to its end: with the streams of this process, and with its
 * signals.
 *
 * @param environment in addition to that of this process
 * @throws Error where `@ferretjs/auto` is not installed, or the program cannot be started
 */
export async function runProgram(
  [file = '', ...parameters]: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ProgramEnd> {
  const options = [process.env['NODE_OPTIONS'], `--import=${findAuto(process.cwd())}`].filter(Boolean).join(' ');
  const child = spawn(file, parameters, {
    stdio: 'inherit',
    env: { ...process.env, ...environment, NODE_OPTIONS: options },
    // npm's commands are scripts there, which only a shell can start.
    shell: process.platform === 'win32',
  });
  const pass = (signal: NodeJS.Signals) => {
    // The terminal sends what is typed to the program as well.
    if (!(process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    return await new Promise<ProgramEnd>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve({ exitCode: exitCode ?? 1, signal }));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

/** The exit code for a program that could not be started, as shells have it; `undefined` for any other error. */
export function exitCodeOfStart(error: unknown): number | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return NOT_FOUND;
  return code === 'EACCES' ? NOT_EXECUTABLE : undefined;
}
