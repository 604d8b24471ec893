import { type Command, Option } from 'commander';
import type { DoctorOptions } from '../doctor/doctor.js';
import { examples } from '../options/examples.js';
import { COMMON_EXIT_CODES, exitCodes } from '../options/exit-codes.js';
import { fileArgument } from '../options/file-argument.js';
import { parseAge, parseSize } from '../options/limits.js';
import type { Terminal } from '../terminal.js';

export function declareDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .summary('what is wrong with a file, and what to do')
    .description(
      'Examines a file: integrity, format, size and growth, the ledger of its processes, spans without their parents, ' +
        'processes that died, what waits beside it. Ends with 1 if something needs attention. Changes nothing.',
    )
    .addArgument(fileArgument())
    .option('--full', 'compare the indexes with their tables too, which takes several times as long')
    .addOption(new Option('--max-age <age>', "the app's retention.maxAgeDays (default: 7d)").argParser(parseAge))
    .addOption(
      new Option('--max-size <size>', "the app's retention.maxSizeMegabytes (default: 512MB)").argParser(parseSize),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exitCodes({
        ...COMMON_EXIT_CODES,
        '0': 'nothing needs attention',
        '1': 'something needs attention, or the file could not be read',
      }),
    )
    .addHelpText(
      'after',
      examples(
        'ferret doctor',
        'ferret doctor logs/ferret.db --full',
        'ferret doctor --json | jq \'.findings[] | select(.level == "attention")\'',
      ),
    )
    .action(async (file: string, options: DoctorOptions) => {
      const { doctor } = await import('../doctor/doctor.js');
      await doctor(terminal, file, options);
    });
}
