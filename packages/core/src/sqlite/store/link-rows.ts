import type { SpanRecord } from '../../trace/span.js';

/** Links and events of a batch's spans, as {@link INSERT_LINKS} and {@link INSERT_EVENTS} unpack them. */
type Entry = readonly [position: number, links: SpanRecord['links'], events: SpanRecord['events']];

/**
 * @returns JSON of the spans that have links or events, by their position in the batch; `null` where none has: the
 *   trigger then has nothing to unpack.
 */
export function encodeLinksAndEvents(spans: readonly SpanRecord[]): string | null {
  let entries: Entry[] | undefined;
  for (let position = 0; position < spans.length; position++) {
    const { links, events } = spans[position]!;
    if (links === undefined && events === undefined) continue;
    entries ??= [];
    entries.push([position, links, events]);
  }
  return entries === undefined ? null : JSON.stringify(entries);
}

/**
 * Rows of links out of JSON.
 *
 * @param row The row id of the span.
 * @param json A JSON array of links.
 * @param from Tables, to join with, that the two are of.
 */
export function insertLinks(row: string, json: string, from: string): string {
  return `
INSERT INTO link (span_row, position, trace_id, span_id, tracestate, flags, attributes)
SELECT
  ${row}, link.key, unhex(link.value ->> '$.traceId'), unhex(link.value ->> '$.spanId'), link.value ->> '$.tracestate',
  link.value ->> '$.flags', link.value -> '$.attributes'
FROM ${from} JOIN json_each(${json}) AS link`;
}

/** Rows of events, likewise. */
export function insertEvents(row: string, json: string, from: string): string {
  return `
INSERT INTO event (span_row, position, time_us, name, attributes)
SELECT
  ${row}, event.key, event.value ->> '$.timeMicros', event.value ->> '$.name', event.value -> '$.attributes'
FROM ${from} JOIN json_each(${json}) AS event`;
}
