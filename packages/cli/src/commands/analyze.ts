import { type Command, Option } from 'commander';
import { SORT_COLUMNS, type SortColumn } from '../analyze/sort-columns.js';
import { examples } from '../options/examples.js';
import { fileArgument } from '../options/file-argument.js';
import { positiveInteger } from '../options/positive-integer.js';
import type { Terminal } from '../terminal.js';

interface AnalyzeCommandOptions {
  run?: string;
  sort: SortColumn;
  limit?: number;
  json?: true;
  tree?: true;
  top: number;
}

export function declareAnalyze(program: Command, terminal: Terminal): void {
  program
    .command('analyze')
    .summary('what every route and measured step took')
    .description('Shows, for every span name of a run, how often it ran, how often it failed and how long it took.')
    .addArgument(fileArgument())
    .option('--run <id>', 'the run to look at (default: the newest; "ferret runs" lists them)')
    .addOption(
      new Option('--sort <column>', 'the column to sort by, the largest first').choices(SORT_COLUMNS).default('total'),
    )
    .option('--limit <n>', 'how many names to show (default: 50 in the table, all with --json)', positiveInteger)
    .addOption(new Option('--json', 'print JSON, times in nanoseconds').conflicts(['tree', 'top']))
    .addOption(new Option('--tree', 'show the slowest traces as trees instead').conflicts(['sort', 'limit']))
    .addOption(
      new Option('--top <n>', 'how many traces to show as trees')
        .argParser(positiveInteger)
        .default(1)
        .conflicts(['sort', 'limit']),
    )
    .addHelpText(
      'after',
      examples(
        'ferret analyze',
        'ferret analyze logs/ferret.db --sort p99 --limit 10',
        'ferret analyze --tree --top 3',
        "ferret analyze --json | jq '.names[] | {name, p95Nanos}'",
      ),
    )
    .action(async (file: string, options: AnalyzeCommandOptions, command: Command) => {
      if (options.tree || command.getOptionValueSource('top') === 'cli') {
        const { showTrees } = await import('../analyze/slowest-traces.js');
        await showTrees(terminal, file, options);
      } else {
        const { analyze } = await import('../analyze/analyze.js');
        await analyze(terminal, file, options);
      }
    });
}
