import type { StoredSpan } from '@ferretjs/core/reader';
import { toCsv } from '../format/csv.js';
import { safeJson } from '../format/json.js';
import { inBatches } from './batches.js';

/**
 * The columns, named as in the file's view `ferret_spans_v1`; behind them, links and events as JSON, which have views
 * of their own.
 */
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
  keep_reason: (span) => span.keepReason,
  keep_probability: (span) => span.keepProbability,
  links: (span) => span.links && safeJson(span.links),
  events: (span) => span.events && safeJson(span.events),
};

const CELLS = Object.values(COLUMNS);
const BATCH_SIZE = 100;

/** The spans as CSV, with a header. */
export async function* exportCsv(spans: AsyncIterable<StoredSpan>): AsyncGenerator<string> {
  yield toCsv([Object.keys(COLUMNS)]);
  for await (const batch of inBatches(spans, BATCH_SIZE)) {
    yield toCsv(batch.map((span) => CELLS.map((cell) => cell(span))));
  }
}
