import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { declareAnalyze } from './commands/analyze.js';
import { declareCompletion } from './commands/completion.js';
import { declareCrashes } from './commands/crashes.js';
import { declareDiff } from './commands/diff.js';
import { declareDoctor } from './commands/doctor.js';
import { declareExport } from './commands/export.js';
import { declarePrune } from './commands/prune.js';
import { declareRecover } from './commands/recover.js';
import { declareRuns } from './commands/runs.js';
import { declareTail } from './commands/tail.js';
import { declareTrace } from './commands/trace.js';
import { examples } from './options/examples.js';
import { COMMON_EXIT_CODES, exitCodes } from './options/exit-codes.js';
import type { Terminal } from './terminal.js';

/**
 * The commands of `ferret`, in the order of its help. Each is declared in a file of its own, which loads what the command
 * does once it is called: the others' libraries would cost every start tens of milliseconds.
 */
const DECLARATIONS = [
  declareAnalyze,
  declareDiff,
  declareTrace,
  declareTail,
  declareRuns,
  declareExport,
  declareCrashes,
  declareRecover,
  declarePrune,
  declareDoctor,
  declareCompletion,
];

/** The commands, options and help texts of `ferret`. Wrong usage ends in a CommanderError, once it is explained. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('ferret')
    .description('Which routes are slow and where the time went, from the file that Ferret for Node writes.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'ferret: ')),
    })
    .addHelpText('after', exitCodes(COMMON_EXIT_CODES))
    .addHelpText('after', examples('ferret analyze', 'ferret analyze --tree', 'ferret runs logs/ferret.db'));
  for (const declare of DECLARATIONS) {
    declare(program, terminal);
  }
  return program;
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
