import { openReader } from '@ferretjs/core/reader';
import { type SlowestQuery, type SlowRequest, slowestRequests } from '@ferretjs/queries';
import { escapeControls, formatDuration, formatTime } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { displayName } from '../format/name.js';
import { describeReport } from '../format/report.js';
import { type Column, renderTable } from '../format/table.js';
import type { Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';
import { EMPTY } from './report.js';

export interface SlowestOptions extends Omit<SlowestQuery, 'limit'> {
  readonly limit?: number;
  readonly json?: boolean;
}

const DEFAULT_LIMIT = 20;

/** A terminal of fewer columns gets the beginning of an id, which `ferret trace` takes as well. */
const ROOM_FOR_IDS = 100;
const SHORT_ID_LENGTH = 12;

/** `ferret analyze --slowest`: the slowest requests and other roots, each with the id of its trace. */
export async function showSlowest(terminal: Terminal, file: string, options: SlowestOptions): Promise<void> {
  const reader = await openReader(file, placeFor(terminal));
  try {
    const query = { ...options, limit: options.limit ?? DEFAULT_LIMIT };
    const found = await whileWaiting(terminal, 'reading the spans', () => slowestRequests(reader, query));
    if (options.json) {
      terminal.print(safeJson(found, 2));
      return;
    }
    const rows = found.slowest.map((span) => rowOf(terminal, span));
    const table =
      found.emptyReason === null ? renderTable(terminal, columnsOf(terminal), rows) : EMPTY[found.emptyReason];
    terminal.print(`${describeReport(terminal, found)}\n\n${table}`);
  } finally {
    await reader.close();
  }
}

function columnsOf({ width }: Terminal): Column[] {
  return [
    { title: 'duration', align: 'right' },
    { title: 'trace', align: 'left', ...(width < ROOM_FOR_IDS && { legend: 'ferret trace <id> shows one of them' }) },
    { title: 'started', align: 'left', expendable: 1 },
    { title: 'name', align: 'left', isFlexible: true, widest: 80 },
    { title: 'outcome', align: 'left', expendable: 2 },
  ];
}

function rowOf({ colors, width }: Terminal, span: SlowRequest): string[] {
  const { outcome, httpStatusCode, errorType } = span;
  const end = [httpStatusCode ?? '', outcome === 'ok' ? '' : outcome, escapeControls(errorType ?? '')];
  const text = [...new Set(end.map(String))].filter((word) => word !== '').join(' ');
  return [
    formatDuration(span.durationNanos),
    width < ROOM_FOR_IDS ? span.traceId.slice(0, SHORT_ID_LENGTH) : span.traceId,
    formatTime(span.startedAt),
    displayName(span.name),
    outcome === 'error' ? colors.red(text) : text,
  ];
}
