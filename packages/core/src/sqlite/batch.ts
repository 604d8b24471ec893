import type { SharedAttributes, SpanRecord } from '../trace/span.js';
import type { Dictionary } from './dictionary.js';
import { KEEP_REASONS, KINDS, OUTCOMES } from './schema.js';

export const KIND_POSITION = Object.fromEntries(KINDS.map((kind, position) => [kind, position])) as Record<
  string,
  number
>;
const OUTCOME_POSITION = Object.fromEntries(OUTCOMES.map((outcome, position) => [outcome, position])) as Record<
  string,
  number
>;

/** The elements of one row, in the order of {@link INSERT_SPANS}. */
type Row = readonly unknown[];

/**
 * Stores a whole batch with one statement and one bound parameter: `jsonb_each` unpacks it on the thread pool, and the
 * main thread pays one `JSON.stringify`. Measured against a statement per row and multi-row inserts in
 * docs/architecture.md. Nothing is stored if the process's row says that this batch, `?3`, is there already.
 */
export const INSERT_SPANS = `
INSERT INTO span (
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome,
  http_method, http_route, http_status_code, error_type, shared, attributes, keep_reason, keep_probability
)
SELECT
  ?1, unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5, value ->> 6,
  value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, nullif(value -> 14, 'null'),
  value ->> 15, value ->> 16
FROM jsonb_each(?2)
WHERE (SELECT last_batch FROM process WHERE id = ?1) < ?3`;

const sharedText = new WeakMap<SharedAttributes, string>();

function textOf(shared: SharedAttributes | undefined): string | undefined {
  if (shared === undefined) return undefined;
  let text = sharedText.get(shared);
  if (text === undefined) {
    text = JSON.stringify(shared);
    sharedText.set(shared, text);
  }
  return text;
}

/** Announces every string of the batch that repeats. */
export function announce(spans: readonly SpanRecord[], dictionary: Dictionary): void {
  for (const span of spans) {
    dictionary.need(span.name);
    dictionary.need(span.httpMethod);
    dictionary.need(span.httpRoute);
    dictionary.need(span.errorType);
    dictionary.need(textOf(span.sharedAttributes));
  }
}

/** The batch as one JSON text. */
export function encode(spans: readonly SpanRecord[], dictionary: Dictionary): string {
  return JSON.stringify(spans.map((span) => toRow(span, dictionary)));
}

function toRow(span: SpanRecord, dictionary: Dictionary): Row {
  const row: unknown[] = [
    span.traceId,
    span.spanId,
    span.parentId,
    span.isLocalRoot ? 1 : 0,
    dictionary.reference(span.name),
    KIND_POSITION[span.kind],
    span.startMicros,
    span.durationNanos,
    OUTCOME_POSITION[span.outcome],
    dictionary.reference(span.httpMethod),
    dictionary.reference(span.httpRoute),
    span.httpStatusCode,
    dictionary.reference(span.errorType),
    dictionary.reference(textOf(span.sharedAttributes)),
  ];
  // Past the end of the array `->` finds NULL, which costs nothing on either side.
  const { attributes, sampling } = span;
  const hasAttributes = isNotEmpty(attributes);
  if (sampling !== undefined) {
    row.push(hasAttributes ? attributes : null, KEEP_REASONS.indexOf(sampling.reason), sampling.probability);
  } else if (hasAttributes) {
    row.push(attributes);
  }
  return row;
}

function isNotEmpty(attributes: object): boolean {
  for (const _ in attributes) return true;
  return false;
}
