import { CREATE_LINKS_AND_EVENTS, OPEN_SPAN_EXTRAS } from './schema.js';

/**
 * The oldest version that can be read, and is brought up to date by whoever writes to the file. Older ones were never
 * released.
 */
export const OLDEST_VERSION = 5;

/** Statements that bring the tables of a version to those of the next. The views are made anew after the last. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  5: `
${CREATE_LINKS_AND_EVENTS}
${OPEN_SPAN_EXTRAS.map((column) => `ALTER TABLE open_span ADD COLUMN ${column};`).join('\n')}
`,
};

/**
 * Temporary views that stand before the tables of a file of an older version while it is read, with the columns that it
 * lacks.
 *
 * @param schema The name under which the file is attached.
 */
export function standIns(version: number, schema: string): Readonly<Record<string, string>> {
  if (version >= 6) return {};
  return {
    link: emptyTable('span_row', 'position', 'trace_id', 'span_id', 'tracestate', 'flags', 'attributes'),
    event: emptyTable('span_row', 'position', 'time_us', 'name', 'attributes'),
    open_span: `SELECT rowid, *, NULL AS links, NULL AS events FROM ${schema}.open_span`,
  };
}

function emptyTable(...columns: string[]): string {
  return `SELECT ${columns.map((column) => `NULL AS ${column}`).join(', ')} WHERE 0`;
}
