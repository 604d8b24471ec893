import { debuglog } from 'node:util';
import { escapeControls } from '@ferretjs/queries/words';
import { AttentionError, ExitCodeError, type Terminal } from './terminal.js';
import { VERSION } from './version.js';

const SUCCESS = 0;
const FAILURE = 1;
const USAGE = 2;

const debug = debuglog('ferret');

/** Runs `ferret` with these arguments, and returns its exit code. */
export async function main(parameters: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '', ...rest] = parameters;
  // Before anything is loaded: scripts and editors ask for it often.
  if (rest.length === 0 && (first === '--version' || first === '-V')) {
    terminal.print(VERSION);
    return SUCCESS;
  }
  try {
    const { createProgram } = await import('./program.js');
    await createProgram(terminal, first).parseAsync(parameters, { from: 'user' });
    return SUCCESS;
  } catch (error) {
    if (error instanceof AttentionError) return FAILURE;
    if (error instanceof ExitCodeError) return error.exitCode;
    if (isCommanderError(error)) {
      // commander has printed what there is to say; help and version, where they were asked for, are no errors.
      return error.exitCode === SUCCESS ? SUCCESS : USAGE;
    }
    terminal.complain(`ferret: ${escapeControls(error instanceof Error ? error.message : String(error))}`);
    debug('%O', error);
    return FAILURE;
  }
}

/** By its shape: the class is loaded with the program only. */
function isCommanderError(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && 'exitCode' in error && String(Reflect.get(error, 'code')).startsWith('commander.');
}
