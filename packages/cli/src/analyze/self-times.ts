import { openReader } from '@ferretjs/core/reader';
import { type SelfTimes, type SelfTimesQuery, selfTimes } from '@ferretjs/queries';
import { countOf, formatCount, formatDuration, formatPercent } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { displayName } from '../format/name.js';
import { describeReport } from '../format/report.js';
import { type Column, renderTable } from '../format/table.js';
import { wrap } from '../format/width.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';
import { describeSampling } from './heading.js';
import { TABLE_LIMIT } from './report.js';

export interface SelfTimesOptions extends SelfTimesQuery {
  readonly json?: boolean;
  readonly csv?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'name', align: 'left', isFlexible: true, widest: 80 },
  { title: 'count', align: 'right' },
  { title: 'self', align: 'right' },
  {
    title: 'share',
    align: 'right',
    expendable: 1,
    legend: 'share: of the self time of all; a span that ran beside others counts in full',
  },
  { title: 'average', align: 'right', expendable: 2 },
  { title: 'max', align: 'right', expendable: 3 },
  { title: 'with children', align: 'right', expendable: 4 },
];

/** `ferret analyze --self`: where the time went, without the time of children. */
export async function showSelfTimes(terminal: Terminal, file: string, options: SelfTimesOptions): Promise<void> {
  const { json = false, csv = false } = options;
  const reader = await openReader(file, placeFor(terminal));
  try {
    const query = json || csv ? options : { ...options, limit: options.limit ?? TABLE_LIMIT };
    const times = await whileWaiting(terminal, 'reading the spans', () => selfTimes(reader, query));
    if (json) terminal.print(safeJson(times, 2));
    else if (csv) await terminal.writeData(await toCsvText(times));
    else terminal.print(renderSelfTimes(terminal, times));
  } finally {
    await reader.close();
  }
}

function renderSelfTimes(terminal: Terminal, times: SelfTimes): string {
  const { names, nameCount, cutSpans, foldedSpans } = times;
  const heading = describeReport(terminal, times, describeSampling(times, 'spans'));
  if (names.length === 0) return `${heading}\n\nNo span matches.`;
  const rows = names.map((time) => [
    displayName(time.name),
    formatCount(time.count),
    formatDuration(time.selfNanos),
    formatPercent(time.share),
    formatDuration(time.averageSelfNanos),
    formatDuration(time.maxSelfNanos),
    formatDuration(time.totalNanos),
  ]);
  const notes: string[] = [];
  if (nameCount > names.length) {
    notes.push(`... and ${countOf(nameCount - names.length, 'more name')}: --limit ${nameCount} shows all`);
  }
  if (cutSpans > 0) {
    notes.push(`${countOf(cutSpans, 'span')} of very long traces were read apart from their parents`);
  }
  if (foldedSpans > 0) {
    notes.push(`self times include ${countOf(foldedSpans, 'folded span')}, counted and summed on another span`);
  }
  const dim = notes.flatMap((note) => wrap(note, terminal.width)).map((note) => terminal.colors.dim(note));
  return [heading, '', renderTable(terminal, COLUMNS, rows), ...dim].join('\n');
}

async function toCsvText({ names }: SelfTimes): Promise<string> {
  const { toCsv } = await import('../format/csv.js');
  const rows = names.map((time) => [
    time.name,
    time.count,
    time.selfNanos,
    time.share,
    time.averageSelfNanos,
    time.maxSelfNanos,
    time.totalNanos,
  ]);
  return toCsv([['name', 'count', 'self_ns', 'share', 'average_self_ns', 'max_self_ns', 'total_ns'], ...rows]);
}
