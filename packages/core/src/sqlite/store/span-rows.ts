import { SpanIds } from '../../trace/ids.js';
import type { SharedAttributes, SpanRecord } from '../../trace/span.js';
import { KEEP_REASONS, KINDS, OUTCOMES } from '../file/schema.js';
import type { Dictionary } from './dictionary.js';
import { encodeLinksAndEvents } from './link-rows.js';

export const KIND_POSITION = Object.fromEntries(KINDS.map((kind, position) => [kind, position])) as Record<
  string,
  number
>;
const OUTCOME_POSITION = Object.fromEntries(OUTCOMES.map((outcome, position) => [outcome, position])) as Record<
  string,
  number
>;

/** The elements of one row, in the order of {@link INSERT_SPANS}; those at its end that say nothing are left out. */
type Row = readonly unknown[];

/** Shifts of the small fields in the bits of one number: local root, kind, outcome, and why the span was kept. */
const KIND_SHIFT = 1;
const OUTCOME_SHIFT = 4;
const REASON_SHIFT = 6;

/** Stands for no attributes, where something follows. */
const NO_ATTRIBUTES = 0;

/** The last batch stored of those that `NEW` is one of: of all in their turn, or of all that were deferred. */
export const LAST_BATCH = 'iif(NEW.is_deferred, last_deferred_batch, last_batch)';

/**
 * Stores the spans of a batch: a part of the trigger in batch-insert.ts. `jsonb_each` unpacks them on the driver's
 * thread, and the main thread pays one `JSON.stringify`. Ids are no text at all: their bytes lie one after the other in
 * `NEW.ids`, a row's at 32 times its position. Nothing is stored if the process's row says that this batch is there
 * already. The `LIMIT`, with the outer `WHERE`, keeps SQLite from reading `value` anew for each column.
 */
export const INSERT_SPANS = `
INSERT INTO span (
  process_id, trace_id, span_id, parent_id,
  is_local_root, kind, outcome, keep_reason,
  name, start_us, duration_ns, attributes,
  http_method, http_route, http_status_code, error_type, shared, keep_probability
)
SELECT
  NEW.process_id,
  substr(NEW.ids, 32 * key + 1, 16), substr(NEW.ids, 32 * key + 17, 8), nullif(substr(NEW.ids, 32 * key + 25, 8), zeroblob(8)),
  flags & 1, flags >> ${KIND_SHIFT} & 7, flags >> ${OUTCOME_SHIFT} & 3, nullif(flags >> ${REASON_SHIFT}, 0) - 1,
  value ->> 1, NEW.first_start_us + (value ->> 2), value ->> 3, nullif(value -> 4, '${NO_ATTRIBUTES}'),
  value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10
FROM (SELECT key, value, value ->> 0 AS flags FROM jsonb_each(NEW.rows) LIMIT -1)
WHERE (SELECT ${LAST_BATCH} FROM process WHERE id = NEW.process_id) < NEW.number`;

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

/** The spans of a batch as {@link INSERT_SPANS} unpacks them. */
export interface EncodedSpans {
  /** JSON: an array of {@link Row}. */
  readonly rows: string;
  /** Time that the rows count their start from, Unix microseconds. */
  readonly first_start_us: number;
  readonly ids: Buffer;
  /** See link-rows.ts. */
  readonly links_and_events: string | null;
}

/** Strings that the dictionary does not know are announced to it. */
export function encode(spans: readonly SpanRecord[], dictionary: Dictionary): EncodedSpans {
  const firstStart = spans[0]?.startMicros ?? 0;
  const ids = Buffer.allocUnsafeSlow(spans.length * SpanIds.BYTES);
  const bytes = new DataView(ids.buffer);
  const rows = spans.map((span, index) => {
    idsOf(span).writeTo(bytes, index * SpanIds.BYTES);
    return toRow(span, firstStart, dictionary);
  });
  return {
    rows: JSON.stringify(rows),
    first_start_us: firstStart,
    ids,
    links_and_events: encodeLinksAndEvents(spans),
  };
}

/** Those of this process's own spans have them at hand; those out of a spill file do not. */
function idsOf(span: SpanRecord & { readonly ids?: SpanIds }): SpanIds {
  return span.ids ?? SpanIds.parse(span.traceId, span.spanId, span.parentId);
}

function toRow(span: SpanRecord, firstStart: number, dictionary: Dictionary): Row {
  const { attributes, sampling } = span;
  const reason = sampling === undefined ? 0 : KEEP_REASONS.indexOf(sampling.reason) + 1;
  const row: unknown[] = [
    (span.isLocalRoot ? 1 : 0) |
      (KIND_POSITION[span.kind]! << KIND_SHIFT) |
      (OUTCOME_POSITION[span.outcome]! << OUTCOME_SHIFT) |
      (reason << REASON_SHIFT),
    dictionary.reference(span.name),
    span.startMicros - firstStart,
    span.durationNanos,
  ];
  const isRequest = span.kind === 'server' || span.errorType !== undefined || span.sharedAttributes !== undefined;
  if (isRequest || sampling !== undefined) {
    row.push(
      isNotEmpty(attributes) ? attributes : NO_ATTRIBUTES,
      dictionary.reference(span.httpMethod),
      dictionary.reference(span.httpRoute),
      span.httpStatusCode,
      dictionary.reference(span.errorType),
      dictionary.reference(textOf(span.sharedAttributes)),
      sampling?.probability,
    );
  } else if (isNotEmpty(attributes)) {
    row.push(attributes);
  }
  return row;
}

function isNotEmpty(attributes: object): boolean {
  for (const _ in attributes) return true;
  return false;
}
