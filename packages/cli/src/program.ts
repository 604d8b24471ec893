import { Command } from 'commander';
import { declareAnalyze } from './commands/analyze.js';
import { declareBackup } from './commands/backup.js';
import { declareCompletion } from './commands/completion.js';
import { declareCrashes } from './commands/crashes.js';
import { declareDiff } from './commands/diff.js';
import { declareDoctor } from './commands/doctor.js';
import { declareExport } from './commands/export.js';
import { declarePrune } from './commands/prune.js';
import { declareRecover } from './commands/recover.js';
import { declareRun } from './commands/run.js';
import { declareRuns } from './commands/runs.js';
import { declareTail } from './commands/tail.js';
import { declareTrace } from './commands/trace.js';
import { COMMON_EXIT_CODES, examples, exitCodes } from './options/help.js';
import type { Terminal } from './terminal.js';
import { VERSION } from './version.js';

/** Declares one command of `ferret`. The code that the command runs is loaded once it is called. */
type Declare = (program: Command, terminal: Terminal) => void;

/** The commands, in the order of the help. */
const DECLARATIONS: ReadonlyMap<string, Declare> = new Map([
  ['analyze', declareAnalyze],
  ['diff', declareDiff],
  ['trace', declareTrace],
  ['tail', declareTail],
  ['runs', declareRuns],
  ['export', declareExport],
  ['crashes', declareCrashes],
  ['recover', declareRecover],
  ['backup', declareBackup],
  ['prune', declarePrune],
  ['doctor', declareDoctor],
  ['run', declareRun],
  ['completion', declareCompletion],
]);

/**
 * The commands, options and help texts of `ferret`. Wrong usage ends in a CommanderError, once it is explained.
 *
 * @param called the first argument. Where it is the name of a command, the others are not declared, which spares the
 * start some milliseconds; `completion` reads them all.
 */
export function createProgram(terminal: Terminal, called?: string): Command {
  const program = new Command('ferret')
    .description('Which routes are slow and where the time went, from the file that Ferret for Node writes.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    // The options of a program that `ferret run` starts are the program's.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'ferret: ')),
    })
    .addHelpText('after', exitCodes(COMMON_EXIT_CODES))
    .addHelpText('after', examples('ferret analyze', 'ferret analyze --tree', 'ferret runs logs/ferret.db'));
  const only = called === 'completion' ? undefined : DECLARATIONS.get(called ?? '');
  for (const declare of only === undefined ? DECLARATIONS.values() : [only]) declare(program, terminal);
  return program;
}
