import type { SideRequest } from '@ferretjs/queries/diff';
import type { Command } from 'commander';
import type { DiffOptions } from '../diff/diff.js';
import { fileArgument } from '../options/arguments.js';
import { failRule, sideRequest } from '../options/comparison.js';
import { COMMON_EXIT_CODES, examples, exitCodes } from '../options/help.js';
import { positiveInteger } from '../options/quantities.js';
import type { Terminal } from '../terminal.js';

export function declareDiff(program: Command, terminal: Terminal): void {
  program
    .command('diff')
    .summary('what got slower between two runs, or two times')
    .description(
      'Compares two runs, or two times: for every name on both sides the change of p50, p95, p99 and of the share of errors, ' +
        'the most harmful first. What chance alone may have made is not called a change. A side is a run by its id or the ' +
        'beginning of it, "latest", "previous" (the run of the same service before), or a time over all runs, <from>..<to>.',
    )
    .argument('<before>', 'a run, or a time such as 2h..1h', sideRequest)
    .argument('<after>', 'a run, or a time such as 1h..', sideRequest)
    .addArgument(fileArgument())
    .option('--before-file <path>', 'the file that <before> is in, if it is another one')
    .option(
      '--fail-on <rule>',
      'end with 1 if a name got worse by more: p95>20%, p99>50ms, errors>1% (repeatable)',
      failRule,
    )
    .option('--fail-on-unjudged', 'end with 1 also if a rule of --fail-on could not be judged for a name')
    .option('--limit <n>', 'how many names to show (default: 50 in the table, all with --json)', positiveInteger)
    .option('--json', 'print JSON, times in nanoseconds')
    .addHelpText(
      'after',
      exitCodes({
        ...COMMON_EXIT_CODES,
        '1': 'a rule of --fail-on failed, or with --fail-on-unjudged could not be judged, or it could not be done: standard error says which',
      }),
    )
    .addHelpText(
      'after',
      examples(
        'ferret diff previous latest',
        'ferret diff 2h..1h 1h.. logs/ferret.db',
        "ferret diff previous latest --fail-on 'p95>20%' --fail-on 'errors>0.5%' --fail-on-unjudged",
        "ferret diff latest latest new.db --before-file main.db --json | jq '.failed'",
      ),
    )
    .action(async (before: SideRequest, after: SideRequest, file: string, options: DiffOptions) => {
      const { diff } = await import('../diff/diff.js');
      await diff(terminal, before, after, file, options);
    });
}
