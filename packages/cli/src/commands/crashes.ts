import type { Command } from 'commander';
import type { CrashesOptions } from '../crashes/list-crashes.js';
import { examples } from '../options/examples.js';
import { fileArgument } from '../options/file-argument.js';
import { positiveInteger } from '../options/positive-integer.js';
import type { Terminal } from '../terminal.js';

export function declareCrashes(program: Command, terminal: Terminal): void {
  program
    .command('crashes')
    .summary('which processes crashed, and in the middle of what')
    .description(
      'Lists the processes that were killed, or ended by an exception that nobody caught, the latest first, with the ' +
        'spans each had in flight: for how long, and under which parent. Changes nothing.',
    )
    .addArgument(fileArgument())
    .option('--run <id>', 'only those of this run, or the beginning of its id (default: all; "ferret runs" lists them)')
    .option('--limit <n>', 'how many crashes to show (default: 10, all with --json)', positiveInteger)
    .option('--json', 'print JSON, times in nanoseconds')
    .addHelpText('after', examples('ferret crashes', 'ferret crashes logs/ferret.db --limit 1 --json'))
    .action(async (file: string, options: CrashesOptions) => {
      const { listCrashes } = await import('../crashes/list-crashes.js');
      await listCrashes(terminal, file, options);
    });
}
