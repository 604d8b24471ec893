import { query } from '../database.js';
import type { ChildSpan, Run } from '../databases/run.js';

/** A span of a message, with the names of the spans that it is linked to, and of its parent. */
export interface MessageSpan extends ChildSpan {
  readonly linked: string | null;
  readonly parent: string | null;
}

/** The spans that process messages of one destination, in the order of their start. */
export async function consumersOf({ file }: Run, destination: string): Promise<readonly MessageSpan[]> {
  const rows = await query<Omit<MessageSpan, 'attributes'> & { attributes: string }>(
    file,
    `SELECT span.name, span.kind, span.outcome, span.error_type, span.attributes, parent.name AS parent,
       (SELECT group_concat(coalesce(producer.name, 'unknown')) FROM ferret_links_v1 AS link
        LEFT JOIN ferret_spans_v1 AS producer
          ON producer.trace_id = link.linked_trace_id AND producer.span_id = link.linked_span_id
        WHERE link.trace_id = span.trace_id AND link.span_id = span.span_id) AS linked
     FROM ferret_spans_v1 AS span
     LEFT JOIN ferret_spans_v1 AS parent ON parent.trace_id = span.trace_id AND parent.span_id = span.parent_id
     WHERE span.kind = 'consumer' AND span.name LIKE '%${destination}'
     ORDER BY span.start_us`,
  );
  return rows.map(({ attributes, ...row }) => ({
    ...row,
    attributes: JSON.parse(attributes) as Record<string, unknown>,
  }));
}

/** Each consumer's span as a few words: `process q.a < publish q.a`, with the error after it. */
export async function consumedOf(run: Run, destination: string): Promise<readonly string[]> {
  const spans = await consumersOf(run, destination);
  return spans.map(({ name, linked, parent, error_type: error }) =>
    [name, linked && `< ${linked}`, parent && `in ${parent}`, error && `! ${error}`].filter(Boolean).join(' '),
  );
}

/** The names of the spans that spans of a name are linked to. */
export async function linksOf({ file }: Run, name: string): Promise<readonly string[]> {
  const rows = await query<{ linked: string }>(
    file,
    `SELECT producer.name AS linked FROM ferret_links_v1 AS link
     JOIN ferret_spans_v1 AS span ON span.trace_id = link.trace_id AND span.span_id = link.span_id
     JOIN ferret_spans_v1 AS producer
       ON producer.trace_id = link.linked_trace_id AND producer.span_id = link.linked_span_id
     WHERE span.name = '${name}'`,
  );
  return rows.map(({ linked }) => linked);
}
