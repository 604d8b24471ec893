import { type Command, Option } from 'commander';
import type { DoctorOptions } from '../doctor/doctor.js';
import { fileArgument } from '../options/arguments.js';
import { COMMON_EXIT_CODES, examples, exitCodes } from '../options/help.js';
import { parseAge, parseSize } from '../options/quantities.js';
import type { Terminal } from '../terminal.js';

export function declareDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .summary('what is wrong with a file, and what to do')
    .description(
      'Examines a file: integrity, format, size and growth, the ledger of its processes, spans without their parents, ' +
        'processes that died, what waits beside it. Ends with 1 if something needs attention. Changes nothing. With ' +
        '--coverage: which libraries of an application Ferret sees, and why not the others.',
    )
    .addArgument(fileArgument())
    .argument('[command...]', 'with --coverage, in place of the file: the application to run, after --')
    .option('--coverage', 'the libraries installed here, or those that a command loads until it ends')
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
        'ferret doctor --coverage -- node app.js',
        'ferret doctor --json | jq \'.findings[] | select(.level == "attention")\'',
      ),
    )
    .action(async (file: string, rest: readonly string[], options: DoctorOptions, command: Command) => {
      if (options.coverage === true) {
        const { showCoverage } = await import('../doctor/coverage.js');
        await showCoverage(terminal, command.args, options);
        return;
      }
      if (rest.length > 0) command.error('error: too many arguments for doctor. A command needs --coverage.');
      const { doctor } = await import('../reports.js');
      await doctor(terminal, file, options);
    });
}
