import type { Attributes } from '../attributes/attribute-recorder.js';
import type { SamplingOptions } from '../sampling/sampling-options.js';
import type { Ledger } from '../sink/ledger.js';
import type { Span, SpanOptions } from '../trace/span.js';

/** Any function: every function type is assignable to it. */
export type AnyFunction = (...args: never[]) => unknown;

/** What `close()` achieved. */
export interface CloseReport {
  /** True if everything recorded was settled before the deadline. */
  readonly complete: boolean;
  /** Spans recorded that are not in the store: spilled, still on their way, or given up at the deadline. */
  readonly unwritten: number;
  readonly ledger: Ledger;
}

/** Records what this process does. Made by `createFerret` or `defaultFerret`. */
export interface Ferret {
  /** The run this process belongs to. */
  readonly runId: string;
  /**
   * Runs `fn` in a span of its own, a child of the current one, and returns what it returns. The span ends when `fn`
   * returns or its promise settles. Errors are recorded and thrown on.
   *
   * @example
   * const user = await ferret.measure('SELECT user', () => db.user(id));
   */
  measure<T>(name: string, fn: (span: Span) => T): T;
  measure<T>(name: string, attributes: Attributes, fn: (span: Span) => T): T;
  /**
   * A function that does what `fn` does and is measured at every call. `name` may be made from the arguments.
   *
   * @example
   * const load = ferret.wrap((table) => `SELECT ${table}`, (table: string) => db.all(table));
   */
  wrap<F extends AnyFunction>(name: string | ((...args: Parameters<F>) => string), fn: F): F;
  /**
   * Starts a span to be ended by hand. It does not become the current span.
   *
   * @example
   * using span = ferret.start('import', { attributes: { file } });
   */
  start(name: string, options?: SpanOptions): Span;
  /** What became of every span so far. */
  stats(): Ledger;
  /**
   * Changes what is kept in detail, from now on. Options left out stay as they are.
   *
   * @throws FerretError `INVALID_OPTION`, and nothing is changed.
   * @example
   * ferret.configure({ maxSpansPerSecond: 100 });
   */
  configure(changes: SamplingOptions): void;
  /**
   * Requests by method, route and status, and the ledger, in Prometheus's text format (content type
   * `text/plain; version=0.0.4`). Exact, whatever is sampled. Nothing serves it by itself.
   *
   * @example
   * app.get('/metrics', (_request, response) => response.type('text/plain; version=0.0.4').send(ferret.metrics()));
   */
  metrics(): string;
  /**
   * Resolves when all spans ended so far are in the store, or lost and counted; at the latest when `close()` has met its deadline.
   * Never rejects.
   */
  flush(): Promise<void>;
  /**
   * Ends open spans as `interrupted`, stores what is waiting and closes the file; spans started later are counted, not
   * recorded. Resolves within `timeoutMillis` (default 5,000) whatever the store does; never rejects. Every caller gets
   * the same promise.
   */
  close(options?: { timeoutMillis?: number }): Promise<CloseReport>;
}
