import type { Command } from 'commander';
import { examples } from '../options/examples.js';
import { fileArgument } from '../options/file-argument.js';
import type { Terminal } from '../terminal.js';

export function declareRuns(program: Command, terminal: Terminal): void {
  program
    .command('runs')
    .summary('the runs in a file')
    .description('Lists the runs in a file, the newest first, with what each has stored and lost.')
    .addArgument(fileArgument())
    .option('--json', 'print JSON')
    .addHelpText('after', examples('ferret runs', 'ferret runs logs/ferret.db --json'))
    .action(async (file: string, options: { json?: true }) => {
      const { listRuns } = await import('../runs/list-runs.js');
      await listRuns(terminal, file, options);
    });
}
