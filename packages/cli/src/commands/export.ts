import { type Command, Option } from 'commander';
import type { ExportOptions } from '../export/export-spans.js';
import { FORMAT_NAMES } from '../export/format-names.js';
import { fileArgument, outputPath, RUN_FORMS, traceIdPrefix } from '../options/arguments.js';
import { COMMON_EXIT_CODES, examples, exitCodes } from '../options/help.js';
import { positiveInteger } from '../options/quantities.js';
import { requireOrder, timeBound } from '../options/time-bound.js';
import type { Terminal } from '../terminal.js';

export function declareExport(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .summary('the spans in a format of other tools')
    .description(
      'Writes the spans of a run for other tools: speedscope and folded (flame graphs by name), chrome (for Perfetto), ' +
        'otlp (OTLP/JSON lines), ndjson, csv.',
    )
    .addArgument(fileArgument())
    .addOption(
      new Option('-f, --format <format>', 'what to write; speedscope, folded and chrome go by whole traces')
        .choices(FORMAT_NAMES)
        .default('ndjson'),
    )
    .option('-o, --output <path>', 'the file to write, complete or not at all (default: standard output)', outputPath)
    .option('--force', 'replace the file if it is there')
    .option('--run <id>', `${RUN_FORMS} (default: the newest, or those of the trace)`)
    .option('--trace <id>', 'only this trace: its id, or as much of its beginning as no other has', traceIdPrefix)
    .option('--since <time>', 'only what started then or later: an ISO time, or how long ago (15m)', timeBound)
    .option('--until <time>', 'only what started before: an ISO time, or how long ago (2h)', timeBound)
    .option(
      '--limit <n>',
      'at most so many spans (speedscope, folded and chrome: traces), the oldest first',
      positiveInteger,
    )
    .addHelpText(
      'after',
      exitCodes({
        ...COMMON_EXIT_CODES,
        '0': 'it was done, or nobody reads on',
        '130': 'interrupted by Ctrl-C (143: by SIGTERM), as a shell sees it; no file is left behind',
      }),
    )
    .addHelpText(
      'after',
      examples(
        'ferret export --format speedscope --since 15m -o slow.speedscope.json',
        'ferret export --format chrome --trace 4bf92f35 -o trace.json',
        'ferret export --format folded --run all | flamegraph.pl --countname us > flames.svg',
        'ferret export logs/ferret.db --format csv --limit 1000 > spans.csv',
        'ferret export | jq \'select(.outcome == "error") | .name\'',
      ),
    )
    .action(async (file: string, options: ExportOptions, command: Command) => {
      requireOrder(command, options);
      if (options.force && options.output === undefined) {
        command.error('error: --force replaces the file that --output names. Give both, or neither.');
      }
      const { exportSpans } = await import('../export/export-spans.js');
      await exportSpans(terminal, file, options);
    });
}
