import { describeQuery, type SqlSystem } from '@ferretjs/core/sql';

/** `db.system` and `db.system.name`, old and new, of the databases whose SQL is told apart. */
const SYSTEMS: ReadonlyMap<unknown, SqlSystem> = new Map<unknown, SqlSystem>([
  ['postgresql', 'postgresql'],
  ['cockroachdb', 'postgresql'],
  ['redshift', 'postgresql'],
  ['aws.redshift', 'postgresql'],
  ['mysql', 'mysql'],
  ['mariadb', 'mariadb'],
  ['mssql', 'microsoft.sql_server'],
  ['microsoft.sql_server', 'microsoft.sql_server'],
  ['sqlite', 'sqlite'],
]);

/** A command of a key-value store: letters, before keys and values. */
const COMMAND = /^[a-z][a-z_.]{0,31}(?![^\s])/i;

/** What may be kept of the text of a query. */
export interface QueryText {
  /** The text without its values; `undefined` where that cannot be told. */
  readonly text: string | undefined;
  /** `SELECT users`; `undefined` where it is not known. */
  readonly summary: string | undefined;
}

/**
 * Masks the text of a query, which some instrumentations of OpenTelemetry send as it is. SQL keeps all but its literals
 * and comments. Of a command of Redis or Memcached its name is kept, as the rest is keys and values, and nothing of a
 * text in any other language.
 *
 * @param system `db.system.name` or `db.system`
 */
export function maskQuery(text: string, system: unknown): QueryText {
  if (system === 'redis' || system === 'valkey' || system === 'memcached') {
    return { text: COMMAND.exec(text.slice(0, 64))?.[0], summary: undefined };
  }
  // Without an operation of SQL at its beginning, words without quotes may be values.
  const query = describeQuery(text, SYSTEMS.get(system) ?? 'other_sql');
  return query.summary === '' ? NOTHING : { text: query.text, summary: query.summary };
}

const NOTHING: QueryText = { text: undefined, summary: undefined };
