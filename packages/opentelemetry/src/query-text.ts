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
  ...[
    'cassandra',
    'clickhouse',
    'db2',
    'derby',
    'firebirdsql',
    'gcp.spanner',
    'h2database',
    'hanadb',
    'hive',
    'hsqldb',
    'ibm.db2',
    'ibm.informix',
    'oracle',
    'oracle.db',
    'other_sql',
    'sap.hana',
    'snowflake',
    'spanner',
    'teradata',
    'trino',
    'vertica',
  ].map((name) => [name, 'other_sql'] as const),
]);

/** First words of SQL alone: in no other language is what follows them a value without quotes. */
const SQL =
  /^[\s(]*(?:select|insert|update|delete|with|merge|create|alter|drop|truncate|call|begin|commit|rollback)\b/i;

/** A command of a key-value store: letters, before keys and values. */
const COMMAND = /^[a-z][a-z_.]{0,31}(?![^\s])/i;

/** The part of a query's text that may be kept. */
export interface QueryText {
  /** The text without its values; `undefined` where that cannot be told. */
  readonly text: string | undefined;
  /** `SELECT users`; `undefined` where it is not known. */
  readonly summary: string | undefined;
}

/**
 * Masks the text of a query, which some instrumentations of OpenTelemetry send as it is. SQL keeps all but its literals
 * and comments. Of a command of Redis or Memcached its name is kept, as the rest is keys and values. Of a text in any
 * other language nothing is, as its words may be values.
 *
 * @param system `db.system.name` or `db.system`
 */
export function maskQuery(text: string, system: unknown): QueryText {
  if (system === 'redis' || system === 'valkey' || system === 'memcached') {
    return { text: COMMAND.exec(text.slice(0, 64))?.[0], summary: undefined };
  }
  const dialect = SYSTEMS.get(system) ?? (SQL.test(text.slice(0, 256)) ? 'other_sql' : undefined);
  if (dialect === undefined) return NOTHING;
  const query = describeQuery(text, dialect);
  return { text: query.text, summary: query.summary || undefined };
}

const NOTHING: QueryText = { text: undefined, summary: undefined };
