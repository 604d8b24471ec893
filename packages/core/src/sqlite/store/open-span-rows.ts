import { PENDING_SQL } from '../../sink/ledger.js';
import type { SpanRecord } from '../../trace/span.js';
import type { Database } from '../file/driver.js';
import { OUTCOMES } from '../file/schema.js';
import { transaction } from '../file/transaction.js';
import { insertEvents, insertLinks } from './link-rows.js';
import { KIND_POSITION } from './span-rows.js';

const INSERT_OPEN_SPANS = `
INSERT INTO open_span (
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, attributes, links, events
)
SELECT
  ?1, unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5, value ->> 6,
  value -> 7, value ->> 8, value ->> 9
FROM json_each(?2)`;

const DELETE_OPEN_SPANS = `
DELETE FROM open_span WHERE process_id = ?1 AND span_id IN (SELECT unhex(value) FROM json_each(?2))`;

const COUNT_OPEN_SPANS = 'SELECT count(*) AS count FROM open_span WHERE process_id = ?';

/**
 * The rows of the spans that are open in this process. Only what differs from the last time is written: a server may
 * have a thousand connections open for hours that send nothing.
 */
export class OpenSpanRows {
  /** By span id, as JSON. Nothing is known of the file before the first write. */
  #written: ReadonlyMap<string, string> | undefined;

  /** Whether there is anything to write. */
  differFrom(openSpans: readonly SpanRecord[]): boolean {
    const written = this.#written;
    if (written === undefined || written.size !== openSpans.length)
      return written !== undefined || openSpans.length > 0;
    return openSpans.some((span) => written.get(span.spanId) !== JSON.stringify(toRow(span)));
  }

  /**
   * Makes the file say what is open.
   *
   * @param list of the statements of a tick, which are one transaction
   * @returns what is to be called once that is committed.
   */
  async write(
    database: Database,
    list: Pick<Database, 'run'>,
    processId: number,
    openSpans: readonly SpanRecord[],
  ): Promise<() => void> {
    const rows = new Map(openSpans.map((span) => [span.spanId, JSON.stringify(toRow(span))]));
    const [found] = await database.all<{ count: number }>(COUNT_OPEN_SPANS, [processId]);
    // Another process that took this one for dead has made interrupted spans of them.
    const isKnown = this.#written !== undefined && found?.count === this.#written.size;
    const written = isKnown ? this.#written! : new Map<string, string>();
    if (!isKnown) await list.run('DELETE FROM open_span WHERE process_id = ?', [processId]);
    const gone = [...written].filter(([id, row]) => rows.get(id) !== row).map(([id]) => id);
    if (gone.length > 0) await list.run(DELETE_OPEN_SPANS, [processId, JSON.stringify(gone)]);
    const come = [...rows].filter(([id, row]) => written.get(id) !== row).map(([, row]) => row);
    if (come.length > 0) await list.run(INSERT_OPEN_SPANS, [processId, `[${come.join()}]`]);
    return () => {
      this.#written = rows;
    };
  }
}

function toRow(span: SpanRecord): unknown[] {
  const { httpMethod } = span;
  return [
    span.traceId,
    span.spanId,
    span.parentId,
    span.isLocalRoot ? 1 : 0,
    span.name,
    KIND_POSITION[span.kind],
    span.startMicros,
    { ...(httpMethod && { 'http.request.method': httpMethod }), ...span.sharedAttributes, ...span.attributes },
    ...(span.links !== undefined || span.events !== undefined ? [span.links, span.events] : []),
  ];
}

/** Rows of spans that have ended since the last tick, and are stored. */
const DELETE_ENDED = `
DELETE FROM open_span
WHERE process_id = ?1 AND span_id IN (
  SELECT span_id FROM span
  WHERE id > coalesce((SELECT ticked_span_id FROM process WHERE id = ?1), 0) AND process_id = ?1
)`;

/**
 * Counts the spans that can be open, by the ledger: a span that ended since the last tick and was not kept still has a
 * row.
 */
const COUNT_PENDING = `
SELECT max(0, ${PENDING_SQL}) AS count
FROM process WHERE id = ?`;

/** For how long they had been open is known by when the process was last seen. */
const INTERRUPT = `
INSERT INTO span (
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome, attributes
)
SELECT
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us,
  max(0, (SELECT last_seen_us FROM process WHERE id = ?1) - start_us) * 1000, ${OUTCOMES.indexOf('interrupted')}, attributes
FROM open_span WHERE process_id = ?1 ORDER BY start_us LIMIT ?2`;

/** The rows just inserted, by their spans: ids of spans are unique among those that one process has open. */
const INTERRUPTED = `open_span JOIN span
  ON span.id BETWEEN last_insert_rowid() - ?2 + 1 AND last_insert_rowid()
  AND span.span_id = open_span.span_id AND open_span.process_id = ?1`;

const INTERRUPT_MORE = [
  insertLinks('span.id', 'open_span.links', INTERRUPTED),
  insertEvents('span.id', 'open_span.events', INTERRUPTED),
];

const COUNT_INTERRUPTED = `
UPDATE process SET
  stored = stored + ?2,
  first_span_id = CASE WHEN ?2 = 0 THEN first_span_id ELSE coalesce(first_span_id, last_insert_rowid() - ?2 + 1) END,
  last_span_id = CASE WHEN ?2 = 0 THEN last_span_id ELSE last_insert_rowid() END,
  ended_at_us = last_seen_us, end_reason = 'crashed'
WHERE id = ?1`;

/**
 * Makes the spans that a dead process left open interrupted ones, and says of it that it crashed. Returns their number:
 * none where another process has done so meanwhile, or has taken in how it ended.
 */
export function interruptOpenSpans(database: Database, processId: number): Promise<number> {
  return transaction(database, async () => {
    const [unended] = await database.all('SELECT 1 FROM process WHERE id = ? AND ended_at_us IS NULL', [processId]);
    if (unended === undefined) return 0;
    await database.run(DELETE_ENDED, [processId]);
    const countOf = async (sql: string) => (await database.all<{ count: number }>(sql, [processId]))[0]?.count ?? 0;
    const open = await countOf('SELECT count(*) AS count FROM open_span WHERE process_id = ?');
    const count = Math.min(open, await countOf(COUNT_PENDING));
    if (count > 0) for (const sql of [INTERRUPT, ...INTERRUPT_MORE]) await database.run(sql, [processId, count]);
    await database.run('DELETE FROM open_span WHERE process_id = ?', [processId]);
    await database.run(COUNT_INTERRUPTED, [processId, count]);
    return count;
  });
}
