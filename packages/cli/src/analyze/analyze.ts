import { openReader } from '@ferretjs/core/reader';
import { type Analysis, analyze as readAnalysis } from '@ferretjs/queries';
import { safeJson } from '../format/json.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';
import { describeFigures } from './heading.js';
import { type ReportOptions, renderReport, TABLE_LIMIT } from './report.js';

export interface AnalyzeOptions extends ReportOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** `ferret analyze`: the figures of every name of a run, or of every value of another field. */
export async function analyze(terminal: Terminal, file: string, options: AnalyzeOptions): Promise<void> {
  const { json = false, csv = false } = options;
  const reader = await openReader(file, placeFor(terminal));
  try {
    const query = json || csv ? options : { ...options, limit: options.limit ?? TABLE_LIMIT };
    const analysis = await whileWaiting(terminal, 'reading the spans', () => readAnalysis(reader, query));
    if (json) {
      terminal.print(safeJson(analysis, 2));
    } else if (csv) {
      const { figuresToCsv } = await import('./csv.js');
      await terminal.writeData(figuresToCsv(analysis.names));
      complain(terminal, analysis, options);
    } else {
      terminal.print(renderReport(terminal, analysis, options));
    }
  } finally {
    await reader.close();
  }
}

/** CSV has no place for what is missing. */
function complain(terminal: Terminal, analysis: Analysis, options: AnalyzeOptions): void {
  for (const line of analysis.missing) terminal.complain(`missing: ${line}`);
  for (const { label, text } of describeFigures(analysis, options)) terminal.complain(`${label}: ${text}`);
}
