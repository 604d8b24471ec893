/** The parts of a client that are read. Version 8.17 put an underscore before the names of the queues. */
export interface Client {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
  readonly _queryable?: unknown;
  readonly _ending?: unknown;
  readonly _queryQueue?: readonly Query[];
  readonly _sentQueryQueue?: readonly Query[];
  readonly _activeQuery?: Query | null;
  readonly queryQueue?: readonly Query[];
  readonly activeQuery?: Query | null;
}

/** A query of pg's own class, or of pg-cursor and pg-query-stream. */
export interface Query {
  text?: unknown;
  values?: unknown;
  callback?: unknown;
  submit?: unknown;
  readonly _result?: { readonly command?: unknown; readonly rowCount?: unknown };
}
