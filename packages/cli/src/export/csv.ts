import type { StoredSpan } from '@ferretjs/core/reader';
import { stringify } from 'csv-stringify/sync';
import { inBatches } from './batches.js';

/** The columns, named as in the file's view `ferret_spans_v1`. */
const COLUMNS: Readonly<Record<string, (span: StoredSpan) => string | number | undefined>> = {
  trace_id: (span) => span.traceId,
  span_id: (span) => span.spanId,
  parent_id: (span) => span.parentId,
  run_id: (span) => span.runId,
  process_key: (span) => span.processKey,
  pid: (span) => span.pid,
  thread_id: (span) => span.threadId,
  name: (span) => span.name,
  kind: (span) => span.kind,
  start_us: (span) => span.startMicros,
  duration_ns: (span) => span.durationNanos,
  outcome: (span) => span.outcome,
  http_method: (span) => span.httpMethod,
  http_route: (span) => span.httpRoute,
  http_status_code: (span) => span.httpStatusCode,
  error_type: (span) => span.errorType,
  attributes: (span) => JSON.stringify(span.attributes),
};

const CELLS = Object.values(COLUMNS);
const BATCH_SIZE = 500;

/**
 * CSV by RFC 4180, with a header. `escape_formulas`: a text that a spreadsheet would run as a formula gets a `'` in front
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export async function* exportCsv(spans: AsyncIterable<StoredSpan>): AsyncGenerator<string> {
  yield toCsv([Object.keys(COLUMNS)]);
  for await (const batch of inBatches(spans, BATCH_SIZE)) {
    yield toCsv(batch.map((span) => CELLS.map((cell) => cell(span))));
  }
}

function toCsv(rows: readonly (readonly unknown[])[]): string {
  // Otherwise a text with a bare CR or LF would stand unquoted beside records that end in both.
  return stringify([...rows], { escape_formulas: true, record_delimiter: 'windows', quote_record_delimiter: true });
}
