// A store for OpenTelemetry's spans in SQLite, as safe as Ferret's: write-ahead log, synchronous NORMAL, a transaction
// a batch. Each batch is a single statement with its rows in one JSON parameter. That is the cheapest way for the main
// thread that we know of (a statement a row costs it ten times as much), so that the rival is at its best.
import sqlite3 from 'sqlite3';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT, span_id TEXT, parent_id TEXT, name TEXT, kind INTEGER, start_ns INTEGER, duration_ns INTEGER,
    status INTEGER, attributes TEXT
  );
  CREATE INDEX IF NOT EXISTS spans_by_trace ON spans (trace_id);
  CREATE INDEX IF NOT EXISTS spans_by_start ON spans (start_ns);
`;

const INSERT = `
  INSERT INTO spans
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
         (value ->> 5) * 1000000000 + (value ->> 6), (value ->> 7) * 1000000000 + (value ->> 8),
         value ->> 9, value ->> 10
  FROM json_each(?)
`;

export class SqliteSpanExporter {
  #database;

  constructor(database) {
    this.#database = database;
  }

  static async open(file) {
    const database = new sqlite3.Database(file);
    await new Promise((resolve, reject) => {
      database.exec(SCHEMA, (error) => (error ? reject(error) : resolve()));
    });
    return new SqliteSpanExporter(database);
  }

  export(spans, done) {
    const rows = JSON.stringify(spans.map(row));
    this.#database.run(INSERT, rows, (error) => done(error ? { code: 1, error } : { code: 0 }));
  }

  shutdown() {
    return new Promise((resolve) => this.#database.close(() => resolve()));
  }
}

function row(span) {
  const { traceId, spanId } = span.spanContext();
  const [seconds, nanos] = span.startTime;
  const [durationSeconds, durationNanos] = span.duration;
  return [
    traceId,
    spanId,
    span.parentSpanContext?.spanId,
    span.name,
    span.kind,
    seconds,
    nanos,
    durationSeconds,
    durationNanos,
    span.status.code,
    span.attributes,
  ];
}
