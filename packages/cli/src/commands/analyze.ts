import type { SpanCondition, SpanField } from '@ferretjs/core/reader';
import { type Command, Option } from 'commander';
import { SORT_COLUMNS, type SortColumn } from '../analyze/sort-columns.js';
import { examples } from '../options/examples.js';
import { fileArgument } from '../options/file-argument.js';
import { positiveInteger } from '../options/positive-integer.js';
import { FIELD_NAMES, groupingField } from '../options/span-field.js';
import { requireOrder, timeBound } from '../options/time-bound.js';
import { WHERE_FORMS, where } from '../options/where.js';
import type { Terminal } from '../terminal.js';

interface AnalyzeCommandOptions {
  run?: string;
  by: SpanField;
  since?: number;
  until?: number;
  where?: readonly SpanCondition[];
  sort: SortColumn;
  limit?: number;
  exact?: true;
  json?: true;
  csv?: true;
  tree?: true;
  top: number;
}

/** What says nothing of trees. */
const TABLE_OPTIONS = ['by', 'sort', 'limit', 'exact', 'json', 'csv'];

export function declareAnalyze(program: Command, terminal: Terminal): void {
  program
    .command('analyze')
    .summary('what every route and measured step took')
    .description('Shows, for every span name of a run, how often it ran, how often it failed and how long it took.')
    .addArgument(fileArgument())
    .option(
      '--run <id>',
      'the run to look at, or the beginning of its id (default: the newest; "ferret runs" lists them)',
    )
    .addOption(
      new Option('--by <field>', `what to group by: ${FIELD_NAMES.join(', ')} or attribute:<key>`)
        .argParser(groupingField)
        .default('name'),
    )
    .option('--since <time>', 'only what started then or later: an ISO time, or how long ago (15m)', timeBound)
    .option('--until <time>', 'only what started before: an ISO time, or how long ago (2h)', timeBound)
    .option(
      '--where <key=value>',
      `only spans with this value (with --tree: traces that begin with one): ${WHERE_FORMS}`,
      where,
    )
    .addOption(
      new Option('--sort <column>', 'the column to sort by, the largest first').choices(SORT_COLUMNS).default('total'),
    )
    .option(
      '--limit <n>',
      'how many rows to show (default: 50 in the table, all with --json and --csv)',
      positiveInteger,
    )
    .option('--exact', 'scan the stored spans, for exact percentiles')
    .addOption(new Option('--json', 'print JSON, times in nanoseconds').conflicts(['csv']))
    .option('--csv', 'print CSV, times in nanoseconds')
    .addOption(new Option('--tree', 'show the slowest traces as trees instead').conflicts(TABLE_OPTIONS))
    .addOption(
      new Option('--top <n>', 'how many traces to show as trees')
        .argParser(positiveInteger)
        .default(1)
        .conflicts(TABLE_OPTIONS),
    )
    .addHelpText(
      'after',
      examples(
        'ferret analyze',
        'ferret analyze logs/ferret.db --sort p99 --limit 10',
        'ferret analyze --by status --where route=/users/:id --since 15m',
        'ferret analyze --by attribute:db.system.name --where kind=client',
        'ferret analyze --tree --top 3 --where outcome=error',
        "ferret analyze --json | jq '.names[] | {name, p95Nanos}'",
      ),
    )
    .action(async (file: string, options: AnalyzeCommandOptions, command: Command) => {
      requireOrder(command, options);
      if (options.tree || command.getOptionValueSource('top') === 'cli') {
        const { showTrees } = await import('../analyze/slowest-traces.js');
        await showTrees(terminal, file, options);
      } else {
        const { analyze } = await import('../analyze/analyze.js');
        await analyze(terminal, file, options);
      }
    });
}
