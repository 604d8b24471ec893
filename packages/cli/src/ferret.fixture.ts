import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { main } from './main.js';
import { openTerminal } from './terminal.js';

/** A temporary directory for the tests of a file. It is gone after the last of them. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ferret-cli-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The same, empty before each of the tests. */
export function emptyDirectory(): string {
  const directory = temporaryDirectory();
  beforeEach(() => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
  });
  return directory;
}

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
