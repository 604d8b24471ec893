import type { Command } from 'commander';
import { fileArgument } from '../options/arguments.js';
import { WHERE_FORMS, where } from '../options/conditions.js';
import { COMMON_EXIT_CODES, examples, exitCodes } from '../options/help.js';
import { durationNanos, wholeNumber } from '../options/quantities.js';
import type { TailOptions } from '../tail/tail.js';
import type { Terminal } from '../terminal.js';

export function declareTail(program: Command, terminal: Terminal): void {
  program
    .command('tail')
    .summary('new spans as they come')
    .description(
      'Shows the latest spans, then new ones as they are stored, a line each, until it is interrupted (Ctrl-C) or nobody ' +
        'reads on. It waits for a file that is not there yet, and follows one that is replaced.',
    )
    .addArgument(fileArgument())
    .option('-n, --lines <n>', 'how many of the latest spans to show first', wholeNumber, 10)
    .option('--name <text>', 'only spans whose name has this in it, whatever its case')
    .option('--where <key=value>', `only spans with this: ${WHERE_FORMS}`, where)
    .option('--slower-than <duration>', 'only spans that took as long or longer: 250us, 100ms, 1.5s', durationNanos)
    .option('--errors', 'only spans that ended otherwise than well')
    .option('--json', 'print a JSON object a line and span, as "ferret export" does')
    .addHelpText(
      'after',
      exitCodes({
        ...COMMON_EXIT_CODES,
        '0': 'nobody reads standard output any more, as after "ferret tail | head"',
        '130': 'interrupted by Ctrl-C (143: by SIGTERM), as a shell sees it: it ends by that signal',
      }),
    )
    .addHelpText(
      'after',
      examples(
        'ferret tail',
        'ferret tail --slower-than 100ms --errors',
        'ferret tail logs/ferret.db --where route=/users/:id --where status=500',
        'ferret tail -n 0 --json | jq \'select(.kind == "server") | {name, durationNanos}\'',
      ),
    )
    .action(async (file: string, options: TailOptions) => {
      const { tail } = await import('../reports.js');
      await tail(terminal, file, options);
    });
}
