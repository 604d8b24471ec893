/** `db.system.name` of the databases whose SQL is told apart (OpenTelemetry semantic conventions 1.45). */
export type SqlSystem = 'postgresql' | 'mysql' | 'mariadb' | 'microsoft.sql_server' | 'sqlite' | 'other_sql';

/** Where literals, names and comments begin and end in one kind of SQL. */
export interface Dialect {
  /** `"..."` is a string, not a name. */
  readonly doubleQuotedStrings: boolean;
  /** `` `...` `` is a name. */
  readonly backticks: boolean;
  /** `[...]` is a name. */
  readonly brackets: boolean;
  /** A backslash in a string makes the next character a part of it. */
  readonly backslashEscapes: boolean;
  /** `$tag$...$tag$` is a string. */
  readonly dollarQuotes: boolean;
  /** `$1` and `$name` are parameters. */
  readonly dollarParameters: boolean;
  /** `#` begins a comment. */
  readonly hashComments: boolean;
  /** `--` begins a comment only before white space. */
  readonly dashesNeedSpace: boolean;
  /** A comment may contain comments. */
  readonly nestedComments: boolean;
}

const STANDARD: Dialect = {
  doubleQuotedStrings: false,
  backticks: false,
  brackets: false,
  backslashEscapes: false,
  dollarQuotes: false,
  dollarParameters: false,
  hashComments: false,
  dashesNeedSpace: false,
  nestedComments: false,
};

const MYSQL: Dialect = {
  ...STANDARD,
  doubleQuotedStrings: true,
  backticks: true,
  backslashEscapes: true,
  hashComments: true,
  dashesNeedSpace: true,
};

/**
 * The rules of each database. MySQL's are those of its default `sql_mode`: without `ANSI_QUOTES`, with backslash
 * escapes. A database that is not known has every kind of quote, and what may be a string is one.
 */
export const DIALECTS: Readonly<Record<SqlSystem, Dialect>> = {
  postgresql: { ...STANDARD, dollarQuotes: true, dollarParameters: true, nestedComments: true },
  mysql: MYSQL,
  mariadb: MYSQL,
  'microsoft.sql_server': { ...STANDARD, brackets: true, nestedComments: true },
  sqlite: { ...STANDARD, backticks: true, brackets: true, dollarParameters: true },
  other_sql: { ...STANDARD, doubleQuotedStrings: true, backticks: true, dollarQuotes: true, dollarParameters: true },
};
