import { spawn } from 'node:child_process';
import { BIN } from '../ferret.js';
import { type Ended, endOf } from '../run-process.js';

/** A line that says that work goes on, and the next one replaces; which of them come is a matter of time. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal gets
const STATUS = /\r[^\r\n]*\u001b\[K/g;

/** Runs `ferret` on a terminal of so many columns; what it prints has the line ends of a pipe. */
export async function runOnTerminal(columns: number, parameters: readonly string[], cwd: string): Promise<Ended> {
  const words = [process.execPath, BIN, ...parameters].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const child = spawn('script', ['-qec', `stty cols ${columns}; ${words.join(' ')}`, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', TZ: 'UTC' },
  });
  const ended = await endOf(child);
  return { ...ended, out: ended.out.replace(STATUS, '').replaceAll('\r\n', '\n') };
}
