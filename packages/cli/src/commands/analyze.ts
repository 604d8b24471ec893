import type { SpanCondition, SpanField } from '@ferretjs/core/reader';
import type { SortColumn } from '@ferretjs/queries';
import { SORT_COLUMNS } from '@ferretjs/queries/words';
import { type Command, Option } from 'commander';
import { fileArgument, RUN_FORMS } from '../options/arguments.js';
import { FIELD_NAMES, groupingField, WHERE_FORMS, where } from '../options/conditions.js';
import { examples } from '../options/help.js';
import { positiveInteger } from '../options/quantities.js';
import { requireOrder, timeBound } from '../options/time-bound.js';
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
  slowest?: true;
  self?: true;
}

/** Options that mean nothing for traces. */
const TABLE_OPTIONS = ['by', 'sort', 'exact', 'csv'];
const TREE_CONFLICTS = [...TABLE_OPTIONS, 'json', 'slowest', 'self'];

export function declareAnalyze(program: Command, terminal: Terminal): void {
  program
    .command('analyze')
    .summary('what every route and measured step took')
    .description('Shows, for every span name of a run, how often it ran, how often it failed and how long it took.')
    .addArgument(fileArgument())
    .option('--run <id>', `${RUN_FORMS} (default: the newest)`)
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
      new Option('--sort <column>', 'the column to sort by, the largest first, names A to Z')
        .choices(SORT_COLUMNS)
        .default('total'),
    )
    .option(
      '--limit <n>',
      'how many rows to show (default: 50 in the table, 20 with --slowest, otherwise all with --json and --csv)',
      positiveInteger,
    )
    .option('--exact', 'scan the stored spans, for exact percentiles')
    .addOption(new Option('--json', 'print JSON, times in nanoseconds').conflicts(['csv']))
    .option('--csv', 'print CSV, times in nanoseconds')
    .addOption(new Option('--tree', 'show the slowest traces as trees instead').conflicts(TREE_CONFLICTS))
    .addOption(
      new Option('--top <n>', 'how many traces to show as trees')
        .argParser(positiveInteger)
        .default(1)
        .conflicts(TREE_CONFLICTS),
    )
    .addOption(
      new Option('--slowest', 'list the slowest requests and other roots instead, with their trace ids').conflicts([
        ...TABLE_OPTIONS,
        'self',
      ]),
    )
    .addOption(
      new Option('--self', 'by name, the time that spans spent themselves, without their children').conflicts([
        'by',
        'sort',
        'exact',
      ]),
    )
    .addHelpText(
      'after',
      examples(
        'ferret analyze',
        'ferret analyze logs/ferret.db --sort p99 --limit 10',
        'ferret analyze --by status --where route=/users/:id --since 15m',
        'ferret analyze --by attribute:db.system.name --where kind=client',
        'ferret analyze --tree --top 3 --where outcome=error',
        'ferret analyze --slowest --run all --since 1d --where kind=server',
        'ferret analyze --self',
        "ferret analyze --json | jq '.names[] | {name, p95Nanos}'",
      ),
    )
    .action(async (file: string, options: AnalyzeCommandOptions, command: Command) => {
      requireOrder(command, options);
      const hasTrees = options.tree === true || command.getOptionValueSource('top') === 'cli';
      if (hasTrees && options.limit !== undefined) {
        command.error("error: option '--tree' cannot be used with option '--limit <n>'; use --top <n>");
      }
      if (options.slowest) {
        const { showSlowest } = await import('../reports.js');
        await showSlowest(terminal, file, options);
      } else if (options.self) {
        const { showSelfTimes } = await import('../reports.js');
        await showSelfTimes(terminal, file, options);
      } else if (hasTrees) {
        const { showTrees } = await import('../reports.js');
        await showTrees(terminal, file, options);
      } else {
        const { analyze } = await import('../reports.js');
        await analyze(terminal, file, options);
      }
    });
}
