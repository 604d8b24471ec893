import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Where a command prints, and how. */
export interface Terminal {
  readonly colors: Colors;
  /** Columns a line may take; unlimited where the output is not a terminal. */
  readonly width: number;
  /** Prints to standard output. */
  print(text: string): void;
  /** Prints to standard error. */
  complain(text: string): void;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const DEFAULT_WIDTH = 80;

export function openTerminal(stdout: Output, stderr: Output, environment: NodeJS.ProcessEnv): Terminal {
  return {
    colors: picocolors.createColors(wantsColors(stdout, environment)),
    width: stdout.isTTY ? stdout.columns || DEFAULT_WIDTH : Number.POSITIVE_INFINITY,
    print: (text) => void stdout.write(`${text}\n`),
    complain: (text) => void stderr.write(`${text}\n`),
  };
}

/**
 * By https://no-color.org and https://force-color.org. picocolors decides for itself only by the flags of the process
 * and colours whatever runs in CI, piped or not.
 */
function wantsColors(stdout: Output, environment: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR) {
    return false;
  }
  if (FORCE_COLOR) {
    return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  }
  return stdout.isTTY === true && TERM !== 'dumb';
}
