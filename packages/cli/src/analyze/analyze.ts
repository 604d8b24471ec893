import { openReader, type Run } from '@ferretjs/core/reader';
import { describeLosses } from '../format/ledger.js';
import { runToJson } from '../format/run.js';
import { formatIsoTime } from '../format/time.js';
import type { Terminal } from '../terminal.js';
import { sortBy } from './columns.js';
import { type Figures, type FiguresOptions, readFigures } from './figures.js';
import { describeFigures, describeGap } from './heading.js';
import { renderReport } from './report.js';
import type { SortColumn } from './sort-columns.js';

export interface AnalyzeOptions extends FiguresOptions {
  readonly run?: string;
  readonly sort: SortColumn;
  readonly limit?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** `ferret analyze`: what every name of a run took, or every value of another field. */
export async function analyze(terminal: Terminal, file: string, options: AnalyzeOptions): Promise<void> {
  const reader = await openReader(file);
  try {
    const run = await reader.run(options.run);
    const figures = await readFigures(reader, run, options);
    const sorted = { ...figures, groups: sortBy(options.sort, figures.groups) };
    if (options.json) {
      terminal.print(JSON.stringify(toJson(run, sorted, options), null, 2));
    } else if (options.csv) {
      const { figuresToCsv } = await import('./csv.js');
      await terminal.write(figuresToCsv(sorted.groups.slice(0, options.limit)));
      complain(terminal, run, sorted, options);
    } else {
      terminal.print(renderReport(terminal, run, sorted, options));
    }
  } finally {
    await reader.close();
  }
}

/** `{ run, ledger, names }` is what other tools rely on; the rest may grow. */
function toJson(run: Run, { source, fromMicros, toMicros, groups }: Figures, { by, limit }: AnalyzeOptions) {
  return {
    run: runToJson(run),
    ledger: run.ledger,
    by,
    source,
    from: formatIsoTime(fromMicros),
    to: formatIsoTime(toMicros),
    names: groups.slice(0, limit),
  };
}

/** CSV has no place for what is missing. */
function complain(terminal: Terminal, run: Run, figures: Figures, options: AnalyzeOptions): void {
  const losses = [...describeLosses(run.processes, run.ledger), ...describeGap(run, figures, options)];
  for (const line of losses) terminal.complain(`missing: ${line}`);
  for (const { label, text } of describeFigures(run, figures, options)) terminal.complain(`${label}: ${text}`);
}
