import { Argument, type Command } from 'commander';
import { fileArgument, traceIdPrefix } from '../options/arguments.js';
import { examples } from '../options/help.js';
import type { Terminal } from '../terminal.js';

export function declareTrace(program: Command, terminal: Terminal): void {
  program
    .command('trace')
    .summary('one trace as a tree and a waterfall')
    .description('Draws one trace: what ran below what, when, for how long, and what the end waited for.')
    .addArgument(
      new Argument('<id>', 'the id of the trace, or as much of its beginning as no other has').argParser(traceIdPrefix),
    )
    .addArgument(fileArgument())
    .addHelpText(
      'after',
      examples('ferret trace 4bf92f35', 'ferret trace 4bf92f3577b34da6a3ce929d0e0e4736 logs/ferret.db'),
    )
    .action(async (id: string, file: string) => {
      const { showTrace } = await import('../reports.js');
      await showTrace(terminal, id, file);
    });
}
