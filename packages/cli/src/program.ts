import { readFileSync } from 'node:fs';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { analyze, SORT_COLUMNS, type SortColumn } from './commands/analyze.js';
import { type CrashesOptions, listCrashes } from './commands/crashes.js';
import { exportSpans } from './commands/export.js';
import { type PruneOptions, prune } from './commands/prune.js';
import { recover } from './commands/recover.js';
import { listRuns } from './commands/runs.js';
import { showTrees } from './commands/tree.js';
import { FORMAT_NAMES, type FormatName } from './export/formats.js';
import { parseTimeBound, TIME_BOUND_FORMS } from './export/time-bound.js';
import { parseAge, parseSize } from './limits.js';
import type { Terminal } from './terminal.js';

interface AnalyzeOptions {
  run?: string;
  sort: SortColumn;
  limit?: number;
  json?: true;
  tree?: true;
  top: number;
}

interface ExportCommandOptions {
  format: FormatName;
  output?: string;
  force?: true;
  run?: string;
  trace?: string;
  since?: number;
  until?: number;
  limit?: number;
}

/** The commands, options and help texts of `ferret`. Wrong usage ends in a CommanderError, once it is explained. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('ferret')
    .description('Which routes are slow and where the time went, from the file that Ferret for Node writes.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'ferret: ')),
    })
    .addHelpText('after', examples('ferret analyze', 'ferret analyze --tree', 'ferret runs logs/ferret.db'));

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
    .action(async (file: string, options: AnalyzeOptions, command: Command) => {
      if (options.tree || command.getOptionValueSource('top') === 'cli') {
        await showTrees(terminal, file, options);
      } else {
        await analyze(terminal, file, options);
      }
    });

  program
    .command('runs')
    .summary('the runs in a file')
    .description('Lists the runs in a file, the newest first, with what each has stored and lost.')
    .addArgument(fileArgument())
    .option('--json', 'print JSON')
    .addHelpText('after', examples('ferret runs', 'ferret runs logs/ferret.db --json'))
    .action((file: string, options: { json?: true }) => listRuns(terminal, file, options));

  program
    .command('export')
    .summary('the spans in a format of other tools')
    .description(
      'Writes the spans of a run for other tools: speedscope, chrome (also for Perfetto), otlp (OTLP/JSON lines), ndjson, csv.',
    )
    .addArgument(fileArgument())
    .addOption(
      new Option('-f, --format <format>', 'what to write; speedscope and chrome go trace by trace')
        .choices(FORMAT_NAMES)
        .default('ndjson'),
    )
    .option('-o, --output <path>', 'the file to write, complete or not at all (default: standard output)', outputPath)
    .option('--force', 'replace the file if it is there')
    .option('--run <id>', 'the run to export (default: the newest, or those of the trace)')
    .option('--trace <id>', 'only this trace: 32 hex digits', traceId)
    .option('--since <time>', 'only what started then or later: an ISO time, or how long ago (15m)', timeBound)
    .option('--until <time>', 'only what started before: an ISO time, or how long ago (2h)', timeBound)
    .option('--limit <n>', 'at most so many spans (speedscope and chrome: traces), the oldest first', positiveInteger)
    .addHelpText(
      'after',
      examples(
        'ferret export --format speedscope --since 15m -o slow.speedscope.json',
        'ferret export --format chrome --trace 4bf92f3577b34da6a3ce929d0e0e4736 -o trace.json',
        'ferret export logs/ferret.db --format csv --limit 1000 > spans.csv',
        'ferret export | jq \'select(.outcome == "error") | .name\'',
      ),
    )
    .action(async (file: string, options: ExportCommandOptions, command: Command) => {
      if (options.since !== undefined && options.until !== undefined && options.since >= options.until) {
        command.error('error: --since must be earlier than --until: nothing lies between them.');
      }
      if (options.force && options.output === undefined) {
        command.error('error: --force replaces the file that --output names. Give both, or neither.');
      }
      await exportSpans(terminal, file, options);
    });

  addCrashes(program, terminal);
  addRecover(program, terminal);
  addPrune(program, terminal);
  return program;
}

function addCrashes(program: Command, terminal: Terminal): void {
  program
    .command('crashes')
    .summary('which processes crashed, and in the middle of what')
    .description(
      'Lists the processes that were killed, or ended by an exception that nobody caught, the latest first, with the ' +
        'spans each had in flight: for how long, and under which parent. Changes nothing.',
    )
    .addArgument(fileArgument())
    .option('--run <id>', 'only those of this run (default: all; "ferret runs" lists them)')
    .option('--limit <n>', 'how many crashes to show (default: 10, all with --json)', positiveInteger)
    .option('--json', 'print JSON, times in nanoseconds')
    .addHelpText('after', examples('ferret crashes', 'ferret crashes logs/ferret.db --limit 1 --json'))
    .action((file: string, options: CrashesOptions) => listCrashes(terminal, file, options));
}

function addRecover(program: Command, terminal: Terminal): void {
  program
    .command('recover')
    .summary('take in what dead processes left')
    .description(
      'Stores what processes that are gone have spilled beside a file, each span once, and the spans they had open as ' +
        'interrupted. An app with Ferret does the same when it starts.',
    )
    .addArgument(fileArgument())
    .option('--json', 'print JSON')
    .addHelpText('after', examples('ferret recover', 'ferret recover logs/ferret.db --json'))
    .action((file: string, options: { json?: true }) => recover(terminal, file, options));
}

function addPrune(program: Command, terminal: Terminal): void {
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
      await prune(terminal, file, options);
    });
}

function fileArgument(): Argument {
  return new Argument('[file]', 'the file that Ferret wrote').default('ferret.db');
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

function traceId(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) {
    throw new InvalidArgumentError('It must be a trace id: 32 hex digits.');
  }
  return text.toLowerCase();
}

function timeBound(text: string): number {
  const micros = parseTimeBound(text, Date.now());
  if (micros === undefined) {
    throw new InvalidArgumentError(TIME_BOUND_FORMS);
  }
  return micros;
}

function outputPath(text: string): string {
  if (text === '' || text.includes('\0')) {
    throw new InvalidArgumentError('It must be the path of a file.');
  }
  return text;
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
