import type { Database } from '../file/driver.js';

/**
 * Strings go when nothing can refer to them any more. A reference leaves no mark in the string, and to look for one in
 * all spans would cost too much; so the life of a file is divided into generations, and a string bears the one in which
 * a process last asked for its id. A batch is stored only if its process has learned all its ids in the generation that
 * the file is in (batch-insert.ts), so that
 *
 * 1. spans stored in a generation refer to strings of that generation or later ones, and
 * 2. so does what a process remembers, if it is ever used.
 *
 * A generation begins when all spans are gone that were there when the one before it began (row ids tell:
 * `after_span_id`). What is left then is of the one that ends. So at any time spans are of the generation there is or
 * of the one before, and strings of older ones are not referred to, but for the names of what was counted: there are
 * few enough of these rows to look.
 *
 * No clock is asked, and one that steps changes nothing.
 */
const IS_UNUSED = `generation < (SELECT number FROM generation) - 1 AND id NOT IN (SELECT name FROM route_minute)`;

/**
 * Begins a generation, if it is time to, and returns a row then. To be run in the transaction that has deleted spans.
 * Without a span, what the generation that ends has learned is free as well.
 */
export const BEGIN_GENERATION = `
UPDATE generation SET
  number = number + CASE WHEN (SELECT max(id) FROM span) IS NULL THEN 2 ELSE 1 END,
  after_span_id = (SELECT coalesce(max(id), 0) FROM span)
WHERE after_span_id < (SELECT coalesce(min(id), 9223372036854775807) FROM span)
RETURNING number`;

/** The newest stays, so that no id is given twice: a reader may have seen it in a row that is gone by now. */
const FIND_UNUSED = `
SELECT id FROM string
WHERE ${IS_UNUSED} AND id < (SELECT max(id) FROM string)`;

/**
 * Checked again: since a string was found, a process may have counted under its name, and generations may have begun.
 */
const DELETE_UNUSED = `DELETE FROM string WHERE id IN (SELECT value FROM json_each(?)) AND ${IS_UNUSED}`;

/** Rows of one transaction: some milliseconds, ten or twenty where they are long. More than a batch usually adds. */
const DELETED_ROWS = 1_024;

/** Deletes the strings that nothing refers to. Goes on to the next piece each time it is asked. */
export async function* pruneStrings(database: Database): AsyncGenerator<void, void> {
  const unused = (await database.all<{ id: number }>(FIND_UNUSED)).map(({ id }) => id);
  for (let from = 0; from < unused.length; from += DELETED_ROWS) {
    await database.run(DELETE_UNUSED, [JSON.stringify(unused.slice(from, from + DELETED_ROWS))]);
    yield;
  }
}
