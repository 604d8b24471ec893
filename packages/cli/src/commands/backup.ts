import type { Command } from 'commander';
import type { BackupCommandOptions } from '../backup/backup.js';
import { fileArgument, outputPath } from '../options/arguments.js';
import { examples } from '../options/help.js';
import type { Terminal } from '../terminal.js';

export function declareBackup(program: Command, terminal: Terminal): void {
  program
    .command('backup')
    .summary('a whole copy of a file that is in use')
    .description(
      'Writes a copy of a file as it is at this moment, also while apps write to it. A copy made by other means lacks what is ' +
        'still in the -wal beside the file. The copy can be read by its owner only (mode 0600).',
    )
    .addArgument(fileArgument())
    .requiredOption('-o, --output <path>', 'the copy to write, complete or not at all', outputPath)
    .option('--force', 'replace the copy if it is there')
    .option('--json', 'print JSON, sizes in bytes')
    .addHelpText('after', examples('ferret backup -o copy.db', 'ferret backup logs/ferret.db -o copy.db --force'))
    .action(async (file: string, options: BackupCommandOptions) => {
      const { backup } = await import('../maintenance.js');
      await backup(terminal, file, options);
    });
}
