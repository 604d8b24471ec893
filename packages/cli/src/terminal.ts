import { escapeControls } from '@ferretjs/queries/words';
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Where a command prints, and how. */
export interface Terminal {
  readonly colors: Colors;
  /** Columns a line may take; unlimited where the output is not a terminal. */
  readonly width: number;
  /** Whether somebody sees what {@link status} shows. */
  readonly showsStatus: boolean;
  /** Whether lines and blocks can be drawn with more than ASCII. */
  readonly isUnicode: boolean;
  /** Prints to standard output. */
  print(text: string): void;
  /** Prints to standard error. */
  complain(text: string): void;
  /**
   * Writes to standard output as it is, and resolves once the output takes more.
   * @throws OutputClosedError when nobody reads on.
   */
  write(text: string): Promise<void>;
  /** The same for data: as it is into a file or a pipe, and with its control characters escaped to a terminal. */
  writeData(text: string): Promise<void>;
  /**
   * Shows one line on standard error that the next one replaces; an empty text takes it away. Only where standard error
   * is a terminal, and only `beside` data that goes elsewhere.
   */
  status(text: string, beside: 'file' | 'standard output'): void;
}

/** The reader of standard output has seen enough (`ferret export | head`): no failure, and no reason to go on. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

/**
 * A command has done its work and said all there is to say, and the result is bad: only the exit code is left to tell.
 */
export class AttentionError extends Error {
  override readonly name = 'AttentionError';
}

/** Another program has run and ended. Its exit code becomes that of the command. */
export class ExitCodeError extends Error {
  override readonly name = 'ExitCodeError';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`The program ended with ${exitCode}.`);
    this.exitCode = exitCode;
  }
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly destroyed?: boolean;
  write(text: string): unknown;
  once?(event: 'drain' | 'close', listener: () => void): unknown;
  off?(event: 'drain' | 'close', listener: () => void): unknown;
}

const DEFAULT_WIDTH = 80;
const CLEAR_LINE_END = '\u001b[K';

export function openTerminal(stdout: Output, stderr: Output, environment: NodeJS.ProcessEnv): Terminal {
  // Node takes the mark of being destroyed off its standard output again, so it is remembered here.
  let isClosed = false;
  stdout.once?.('close', () => {
    isClosed = true;
  });
  const write = async (text: string) => {
    if (!isClosed) await writeTo(stdout, text);
    if (isClosed || stdout.destroyed) throw new OutputClosedError('Nobody reads standard output.');
  };
  return {
    colors: picocolors.createColors(wantsColors(stdout, environment)),
    width: stdout.isTTY ? stdout.columns || DEFAULT_WIDTH : Number.POSITIVE_INFINITY,
    showsStatus: stderr.isTTY === true,
    isUnicode: takesUnicode(environment),
    print: (text) => void stdout.write(`${text}\n`),
    complain: (text) => void stderr.write(`${text}\n`),
    write,
    writeData: (text) => write(stdout.isTTY ? escapeLines(text) : text),
    status: (text, beside) => {
      if (stderr.isTTY && (beside === 'file' || !stdout.isTTY)) {
        stderr.write(`\r${text.slice(0, (stderr.columns || DEFAULT_WIDTH) - 1)}${CLEAR_LINE_END}`);
      }
    },
  };
}

/** A terminal ends its lines with a line feed, and goes back to their beginning with a carriage return. */
function escapeLines(text: string): string {
  return text.replaceAll('\r\n', '\n').split('\n').map(escapeControls).join('\n');
}

async function writeTo(output: Output, text: string): Promise<void> {
  if (!output.destroyed && output.write(text) === false && !output.destroyed) {
    await new Promise<void>((resolve) => {
      const settle = () => {
        output.off?.('drain', settle);
        output.off?.('close', settle);
        resolve();
      };
      output.once?.('drain', settle);
      output.once?.('close', settle);
    });
  }
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

/** By the locale, as POSIX has it. Where none is set, as in most containers, terminals are UTF-8 today. */
function takesUnicode({ TERM, LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || 'UTF-8';
  return TERM !== 'dumb' && /utf-?8/i.test(locale);
}
