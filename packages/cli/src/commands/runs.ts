import type { Command } from 'commander';
import { fileArgument } from '../options/arguments.js';
import { examples } from '../options/help.js';
import { positiveInteger } from '../options/quantities.js';
import type { RunsOptions } from '../runs/list-runs.js';
import type { Terminal } from '../terminal.js';

export function declareRuns(program: Command, terminal: Terminal): void {
  program
    .command('runs')
    .summary('the runs in a file')
    .description('Lists the runs in a file, the newest first, with what each has stored and lost.')
    .addArgument(fileArgument())
    .option('--limit <n>', 'how many runs to show (default: 50 in the table, all with --json)', positiveInteger)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('ferret runs', 'ferret runs --limit 5', "ferret runs logs/ferret.db --json | jq '.runs[].runId'"),
    )
    .action(async (file: string, options: RunsOptions) => {
      const { listRuns } = await import('../reports.js');
      await listRuns(terminal, file, options);
    });
}
