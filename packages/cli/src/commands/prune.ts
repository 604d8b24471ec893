import { type Command, Option } from 'commander';
import { fileArgument } from '../options/arguments.js';
import { examples } from '../options/help.js';
import { parseAge, parseSize } from '../options/quantities.js';
import type { PruneOptions } from '../prune/prune.js';
import type { Terminal } from '../terminal.js';

export function declarePrune(program: Command, terminal: Terminal): void {
  program
    .command('prune')
    .summary('delete old spans, and give their room back')
    .description('Deletes the oldest spans of a file, down to an age, a size, or both. Apps may go on writing to it.')
    .addArgument(fileArgument())
    .addOption(new Option('--max-age <age>', 'delete what is older: 90m, 12h, 7d, 2w').argParser(parseAge))
    .addOption(new Option('--max-size <size>', 'delete what is more: 800KB, 512MB, 2GB').argParser(parseSize))
    .option('--json', 'print JSON, sizes in bytes')
    .addHelpText('after', examples('ferret prune --max-age 7d', 'ferret prune logs/ferret.db --max-size 512MB --json'))
    .action(async (file: string, options: PruneOptions, command: Command) => {
      if (options.maxAge === undefined && options.maxSize === undefined) {
        command.error('error: nothing to delete without a limit: give --max-age, --max-size or both');
      }
      const { prune } = await import('../maintenance.js');
      await prune(terminal, file, options);
    });
}
