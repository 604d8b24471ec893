import { main } from './main.js';
import { openTerminal } from './terminal.js';

/** Runs a command within this process, on what it takes for a terminal of that many columns, or on none. */
export async function runFerret(
  parameters: readonly string[],
  { columns, environment = { NO_COLOR: '1' } }: { columns?: number; environment?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const screen = columns === undefined ? {} : { isTTY: true, columns };
  const stdout = { ...screen, write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const code = await main(parameters, openTerminal(stdout, stderr, environment));
  return { code, out, err };
}
