import type { Command } from 'commander';
import { fileArgument } from '../options/arguments.js';
import { examples } from '../options/help.js';
import type { Terminal } from '../terminal.js';

export function declareRecover(program: Command, terminal: Terminal): void {
  program
    .command('recover')
    .summary('take in what dead processes left')
    .description(
      'Stores what processes that are gone have spilled beside a file, each span once, and the spans they had open as ' +
        'interrupted. An app with Ferret does the same when it starts.',
    )
    .addArgument(fileArgument())
    .option('--json', 'print JSON')
    .addHelpText('after', examples('ferret recover', 'ferret recover logs/ferret.db --json'))
    .action(async (file: string, options: { json?: true }) => {
      const { recover } = await import('../maintenance.js');
      await recover(terminal, file, options);
    });
}
