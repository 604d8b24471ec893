import { debuglog } from 'node:util';
import { CommanderError } from 'commander';
import { AttentionError } from './attention.js';
import { escapeControls } from './format/escape.js';
import { createProgram } from './program.js';
import type { Terminal } from './terminal.js';

const SUCCESS = 0;
const FAILURE = 1;
const USAGE = 2;

const debug = debuglog('ferret');

/** Runs `ferret` with these arguments, and returns its exit code. */
export async function main(parameters: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(parameters, { from: 'user' });
    return SUCCESS;
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed what there is to say; help and version, where they were asked for, are no errors.
      return error.exitCode === SUCCESS ? SUCCESS : USAGE;
    }
    if (error instanceof AttentionError) return FAILURE;
    terminal.complain(`ferret: ${escapeControls(error instanceof Error ? error.message : String(error))}`);
    debug('%O', error);
    return FAILURE;
  }
}
