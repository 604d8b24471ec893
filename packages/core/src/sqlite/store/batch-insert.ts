import { LEDGER_COLUMN_NAMES } from '../../sink/ledger.js';
import { type Database, isSqliteError, type SqlValue } from '../file/driver.js';
import { insertEvents, insertLinks } from './link-rows.js';
import { INSERT_SPANS, LAST_BATCH } from './span-rows.js';

/** Columns of the view, in the order {@link insertBatch} binds them. */
const COLUMNS = [
  'process_id',
  'process_key',
  'generation',
  'number',
  'is_deferred',
  'rows',
  'first_start_us',
  'ids',
  'links_and_events',
  'spans',
  'seen_at_us',
  'ended_at_us',
  'end_reason',
  ...LEDGER_COLUMN_NAMES,
] as const;

/** A batch, by column: what `encode()` made of its spans, and what the process's row is to say after it. */
export type BatchRow = Readonly<Record<(typeof COLUMNS)[number], SqlValue>>;

/** The process has no row any more, or its ids are those of a generation that has ended. */
const REFUSED = 'ferret: the file has changed since this batch was put together';

/** `last_insert_rowid()` is the last row of the batch inserted just before: links and events have no row ids. */
const UPDATE_PROCESS = `
UPDATE process SET
  last_seen_us = NEW.seen_at_us, ended_at_us = NEW.ended_at_us, end_reason = NEW.end_reason,
  ${LEDGER_COLUMN_NAMES.map((column) => `${column} = NEW.${column}`).join(', ')},
  first_span_id = CASE WHEN NEW.spans = 0 THEN first_span_id
    ELSE min(coalesce(first_span_id, last_insert_rowid()), last_insert_rowid() - NEW.spans + 1) END,
  last_span_id = CASE WHEN NEW.spans = 0 THEN last_span_id
    ELSE max(coalesce(last_span_id, 0), last_insert_rowid()) END,
  last_batch = iif(NEW.is_deferred, last_batch, NEW.number),
  last_deferred_batch = iif(NEW.is_deferred, NEW.number, last_deferred_batch)
WHERE id = NEW.process_id AND ${LAST_BATCH} < NEW.number`;

/** The row id of the span at a position of the batch inserted just before. */
const SPAN_ROW = 'last_insert_rowid() - NEW.spans + 1 + (entry.value ->> 0)';
const ENTRIES = 'json_each(NEW.links_and_events) AS entry';
const IS_NEW = `WHERE (SELECT ${LAST_BATCH} FROM process WHERE id = NEW.process_id) < NEW.number`;

/**
 * A batch takes six statements, two of which find nothing where no span has links or events. As the trigger of a view
 * they are one: SQLite runs them on the driver's thread in one go and in a transaction of their own, and the main
 * thread is called back once, not once a statement: a call costs it some microseconds, and may make a timer that is due
 * meanwhile a millisecond late. View and trigger are the connection's own, and not in the file. The `+` has the row
 * looked up by its id, as the statements after it do.
 */
const CREATE_BATCH = `
CREATE TEMP VIEW IF NOT EXISTS batch AS SELECT ${COLUMNS.map((column) => `NULL AS ${column}`).join(', ')};

CREATE TEMP TRIGGER IF NOT EXISTS batch_insert INSTEAD OF INSERT ON batch BEGIN
  SELECT raise(ABORT, '${REFUSED}') WHERE NOT EXISTS (
    SELECT 1 FROM process, generation
    WHERE process.id = NEW.process_id AND +process_key = NEW.process_key AND generation.number = NEW.generation
  );
  ${INSERT_SPANS};
  ${insertLinks(SPAN_ROW, 'entry.value ->> 1', ENTRIES)} ${IS_NEW};
  ${insertEvents(SPAN_ROW, 'entry.value ->> 2', ENTRIES)} ${IS_NEW};
  ${UPDATE_PROCESS};
  DELETE FROM open_span WHERE NEW.end_reason IS NOT NULL AND process_id = NEW.process_id;
END;`;

const INSERT_BATCH = `INSERT INTO temp.batch (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;

/** To be called once for a connection; again does no harm. */
export async function prepareForBatches(database: Database): Promise<void> {
  await database.exec(CREATE_BATCH);
}

/**
 * Stores a batch in one transaction: the spans and the ledger that counts them stand or fall together. A batch that is
 * there already changes nothing.
 *
 * @returns `false`, and nothing is stored, where the process has no such row any more or the file is in another
 *   generation.
 */
export async function insertBatch(database: Database, row: BatchRow): Promise<boolean> {
  try {
    await database.run(
      INSERT_BATCH,
      COLUMNS.map((column) => row[column]),
    );
    return true;
  } catch (error) {
    if (isSqliteError(error) && error.message.endsWith(REFUSED)) return false;
    throw error;
  }
}
