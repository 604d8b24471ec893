import { query } from '../database.js';

interface Row {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly kind: string;
  readonly start_us: number;
  readonly duration_ns: number;
  readonly outcome: string;
  readonly error_type: string | null;
  readonly http_method: string | null;
  readonly http_route: string | null;
  readonly http_status_code: number | null;
  readonly attributes: string;
}

/** A span in the file, but for what differs from run to run: ids, times and stacks. */
export interface StoredSpan
  extends Omit<Row, 'trace_id' | 'span_id' | 'parent_id' | 'start_us' | 'duration_ns' | 'attributes'> {
  /** The name of the span above; the id of one that is in another service. */
  readonly parent: string | null;
  readonly attributes: Record<string, unknown>;
}

/** Reads the spans of a file, each once. */
export class StoredSpans {
  readonly #file: string;
  readonly #seen = new Set<string>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Those that were not there when it was last called and found as many. */
  async next(count: number): Promise<{ spans: StoredSpan[]; rows: Row[] }> {
    const all = await query<Row>(this.#file, 'SELECT * FROM ferret_spans_v1 ORDER BY start_us');
    const rows = all.filter(({ span_id }) => !this.#seen.has(span_id));
    if (rows.length < count) throw new Error(`${rows.length} of ${count} spans are stored`);
    for (const { span_id } of rows) this.#seen.add(span_id);
    const names = new Map(all.map(({ span_id, name }) => [span_id, name]));
    const spans = rows.map((row) => ({
      parent: row.parent_id === null ? null : (names.get(row.parent_id) ?? row.parent_id),
      name: row.name,
      kind: row.kind,
      outcome: row.outcome,
      error_type: row.error_type,
      http_method: row.http_method,
      http_route: row.http_route,
      http_status_code: row.http_status_code,
      attributes: withoutStack(JSON.parse(row.attributes)),
    }));
    return { spans, rows };
  }
}

function withoutStack(attributes: Record<string, unknown>): Record<string, unknown> {
  const { 'exception.stacktrace': stack, ...rest } = attributes;
  return stack === undefined ? rest : { ...rest, hasStack: String(stack).includes('    at ') };
}
