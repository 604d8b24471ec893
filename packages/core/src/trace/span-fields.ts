import type { SpanRecord } from './span.js';

/**
 * Every field of a record: it does not compile where one is missing. Spill files keep this order, so new ones go to the
 * end.
 */
const FIELDS: Readonly<Record<keyof SpanRecord, true>> = {
  traceId: true,
  spanId: true,
  parentId: true,
  isLocalRoot: true,
  name: true,
  kind: true,
  startMicros: true,
  durationNanos: true,
  outcome: true,
  errorType: true,
  httpMethod: true,
  httpRoute: true,
  httpStatusCode: true,
  sharedAttributes: true,
  attributes: true,
  sampling: true,
  links: true,
  events: true,
};

/** The names of the fields of a {@link SpanRecord}. */
export const SPAN_FIELDS = Object.keys(FIELDS) as readonly (keyof SpanRecord)[];
