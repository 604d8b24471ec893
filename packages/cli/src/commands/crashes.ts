import type { Command } from 'commander';
import type { CrashesOptions } from '../crashes/list-crashes.js';
import { fileArgument, RUN_FORMS } from '../options/arguments.js';
import { examples } from '../options/help.js';
import { positiveInteger } from '../options/quantities.js';
import type { Terminal } from '../terminal.js';

export function declareCrashes(program: Command, terminal: Terminal): void {
  program
    .command('crashes')
    .summary('which processes crashed, and what they were doing')
    .description(
      'Lists the processes that were killed, or ended by an exception that nobody caught, the latest first, with the ' +
        'spans each had in flight: for how long, and under which parent. Changes nothing.',
    )
    .addArgument(fileArgument())
    .option('--run <id>', `only those of this run: ${RUN_FORMS} (default: all)`)
    .option('--limit <n>', 'how many crashes to show (default: 10, all with --json)', positiveInteger)
    .option('--json', 'print JSON, times in nanoseconds')
    .addHelpText('after', examples('ferret crashes', 'ferret crashes logs/ferret.db --limit 1 --json'))
    .action(async (file: string, options: CrashesOptions) => {
      const { listCrashes } = await import('../reports.js');
      await listCrashes(terminal, file, options);
    });
}
