/** The examples, which are the last part of a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

/**
 * A part of a command's help, and of docs/cli.md: what its exit codes say, where there is more than success, failure
 * and usage.
 */
export function exitCodes(codes: Readonly<Record<string, string>>): string {
  const lines = Object.entries(codes).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}

/** The exit codes of commands that have no others. */
export const COMMON_EXIT_CODES = {
  '0': 'it was done',
  '1': 'it could not be done: one line on standard error says why',
  '2': 'wrong usage: nothing was done',
} as const;
