import type { Attributes } from '../attributes/attribute-value.js';
import type { SamplingOptions } from '../sampling/sampling-options.js';
import type { Ledger } from '../sink/ledger.js';
import type { Span, SpanOptions } from '../trace/span.js';
import type { SinkStats } from './also-to.js';

/** Any function: every function type is assignable to it. */
export type AnyFunction = (...args: never[]) => unknown;

/** The result of `close()`. */
export interface CloseReport {
  /** Whether the store, and every sink of `alsoTo`, had closed before the deadline. */
  readonly complete: boolean;
  /** Recorded spans that are not in the store: spilled, still on their way, or given up at the deadline. */
  readonly unwritten: number;
  readonly ledger: Ledger;
}

/** Records what this process does. Made by `createFerret` or `defaultFerret`. */
export interface Ferret {
  /** Id of the run that this process belongs to: the option `runId`. */
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
   * Returns a function that does the same as `fn`, and measures every call. `name` may be a function of the arguments.
   *
   * @example
   * const load = ferret.wrap((table) => `SELECT ${table}`, (table: string) => db.all(table));
   */
  wrap<F extends AnyFunction>(name: string | ((...args: Parameters<F>) => string), fn: F): F;
  /**
   * Starts a span that the caller ends. It does not become the current span.
   *
   * @example
   * using span = ferret.start('import', { attributes: { file } });
   */
  start(name: string, options?: SpanOptions): Span;
  /** The ledger: what became of every span so far, in the store. */
  stats(): Ledger;
  /**
   * A ledger for each sink of `alsoTo`, in their order; empty without that option. {@link stats} says nothing of these
   * sinks.
   */
  sinkStats(): readonly SinkStats[];
  /**
   * Changes the options of sampling, from now on. Options that are left out stay as they are.
   *
   * @throws FerretError `INVALID_OPTION`, and nothing is changed.
   * @example
   * ferret.configure({ maxSpansPerSecond: 100 });
   */
  configure(changes: SamplingOptions): void;
  /**
   * Returns requests by method, route and status, and the ledgers, in Prometheus's text format (content type
   * `text/plain; version=0.0.4`). All counts are exact, whatever is sampled. The application has to serve the text.
   *
   * @example
   * app.get('/metrics', (_request, response) => response.type('text/plain; version=0.0.4').send(ferret.metrics()));
   */
  metrics(): string;
  /**
   * Resolves when all spans that have ended so far are in the store, or lost and counted, and at the latest when the
   * deadline of `close()` has passed. Never rejects. A sink of `alsoTo` is waited for, too, but for a second at most,
   * and not again before it has caught up.
   */
  flush(): Promise<void>;
  /**
   * Ends open spans as `interrupted`, stores the spans that wait, and closes the file and all sinks. Spans started
   * later are counted, not recorded. Resolves within `timeoutMillis` (default 5,000) whatever the store does; never
   * rejects. Every caller gets the same promise.
   */
  close(options?: { timeoutMillis?: number }): Promise<CloseReport>;
}
