import type { Attributes } from '../attributes/attribute-value.js';
import type { DiagnosticCode } from '../diagnostics.js';
import type { HttpTracer } from '../http/http-tracer.js';
import { changeSampling, type ResolvedSampling, type SamplingOptions } from '../sampling/sampling-options.js';
import type { EndReason } from '../sink/end-reason.js';
import type { Ledger } from '../sink/ledger.js';
import { renderPrometheus } from '../statistics/prometheus.js';
import { requireSynchronous } from '../synchronous.js';
import type { ForeignSpan, ForeignStart } from '../trace/foreign-span.js';
import type { Span, SpanOptions } from '../trace/span.js';
import type { Tracer } from '../trace/tracer.js';
import type { SinkStats } from './also-to.js';
import { bytesOnDisk } from './bytes-on-disk.js';
import { compose, type Parts } from './compose.js';
import type { AnyFunction, CloseReport, Ferret } from './ferret.js';
import { enterFile, leaveFile } from './file-users.js';
import type { FerretOptions } from './options.js';
import { resolveOptions } from './resolve-options.js';
import { resolvesWithin } from './resolves-within.js';
import { shutdownHooks } from './shutdown-hooks.js';

const DEFAULT_CLOSE_TIMEOUT_MILLIS = 5_000;

/**
 * Holds the parts that `compose` has put together, and has the methods that applications, adapters and the shutdown
 * hooks call.
 */
export class FerretInstance implements Ferret {
  readonly runId: string;
  /** For adapters; see `@ferretjs/core/adapter`. */
  readonly http: HttpTracer;
  /**
   * Set where an application uses this instance and does not say when it has ended. Only the end of the process may
   * close it then.
   */
  isHeld = false;
  readonly #parts: Parts;
  readonly #tracer: Tracer;
  /** Path of the SQLite file; `undefined` where spans go elsewhere. */
  readonly #database: string | undefined;
  readonly #isHooked: boolean;
  #sampling: ResolvedSampling;
  #closing: Promise<CloseReport> | undefined;

  constructor(options?: FerretOptions) {
    const resolved = resolveOptions(options);
    const { enabled, sink, database, shutdownHooks: isHooked } = resolved;
    this.#parts = compose(resolved);
    this.#tracer = this.#parts.tracer;
    this.http = this.#parts.http;
    this.runId = resolved.runId;
    this.#database = sink === undefined && enabled ? database : undefined;
    this.#isHooked = isHooked && enabled;
    this.#sampling = resolved.sampling;
    this.#enter();
  }

  measure<T>(name: string, fn: (span: Span) => T): T;
  measure<T>(name: string, attributes: Attributes, fn: (span: Span) => T): T;
  measure<T>(name: string, ...[first, fn]: [(span: Span) => T] | [Attributes, (span: Span) => T]): T {
    return fn === undefined
      ? this.#tracer.measure(name, undefined, first as (span: Span) => T)
      : this.#tracer.measure(name, first as Attributes, fn);
  }

  wrap<F extends AnyFunction>(name: string | ((...args: Parameters<F>) => string), fn: F): F {
    const tracer = this.#tracer;
    const nameOf = (args: Parameters<F>): string => {
      if (typeof name === 'string') return name;
      try {
        return requireSynchronous('It', name(...args));
      } catch (error) {
        this.#parts.reportFault('A name given to wrap()', error);
        return fn.name || 'anonymous';
      }
    };
    const wrapped = function (this: unknown, ...args: Parameters<F>): unknown {
      return tracer.measure(nameOf(args), undefined, () => fn.apply(this, args));
    };
    Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
    Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
    return wrapped as AnyFunction as F;
  }

  start(name: string, options?: SpanOptions): Span {
    return this.#tracer.start(name, options);
  }

  /**
   * For bridges to other tracing libraries: starts a span that the other library measures, by whose ids, times and
   * attributes it is recorded. `undefined` where spans are not recorded on purpose. A request that the option `ignore`
   * names by its path is one that is not recording, and nothing below it is.
   */
  startForeign(start: ForeignStart): ForeignSpan | undefined {
    const { kind, path } = start;
    return this.#tracer.startForeign(start, kind === 'server' && path !== undefined && this.http.ignoresPath(path));
  }

  /** Whether `close()` was called, or the end of the process has begun. */
  get isClosed(): boolean {
    return !this.#parts.lifecycle.isOpen;
  }

  stats(): Ledger {
    this.#parts.catchUp.handOver();
    return this.#parts.ledger.snapshot();
  }

  sinkStats(): readonly SinkStats[] {
    this.#parts.catchUp.handOver();
    return this.#parts.alsoTo.stats;
  }

  configure(changes: SamplingOptions): void {
    this.#parts.catchUp.handOver();
    this.#sampling = changeSampling(this.#sampling, changes);
    this.#parts.sampler.configure(this.#sampling);
  }

  metrics(): string {
    const { statistics, pipeline } = this.#parts;
    const ledger = this.stats();
    return renderPrometheus({
      requests: statistics.requests.series(),
      ledger,
      queued: pipeline.queued,
      flushes: pipeline.writes,
      fileBytes: this.#database === undefined ? undefined : bytesOnDisk(this.#database),
      sinks: this.sinkStats(),
    });
  }

  flush(): Promise<void> {
    const { catchUp, pipeline, alsoTo } = this.#parts;
    catchUp.decidePending();
    if (alsoTo.isEmpty) return pipeline.flush();
    return Promise.all([pipeline.flush(), alsoTo.flush()]).then(() => {});
  }

  close(options?: { timeoutMillis?: number }): Promise<CloseReport> {
    this.#parts.lifecycle.forbidReopening();
    return this.shutdown('close', options?.timeoutMillis);
  }

  /** For adapters: reports a problem to `onDiagnostic`. Never throws. */
  report(code: DiagnosticCode, message: string, cause?: unknown): void {
    this.#parts.report(code, message, cause);
  }

  /** The same as `close()`, for another reason, and for the hooks: the process may live on, and reopen. */
  shutdown(reason: EndReason, timeoutMillis = DEFAULT_CLOSE_TIMEOUT_MILLIS): Promise<CloseReport> {
    this.#closing ??= this.#close(reason, timeoutMillis);
    return this.#closing;
  }

  /**
   * Copies to disk what is not in the store, synchronously, because the process may end at any moment. Recording goes
   * on.
   */
  saveCopies(reason: EndReason): void {
    this.#parts.catchUp.decidePending(true);
    this.#parts.pipeline.copies.save(reason);
  }

  discardCopies(): void {
    this.#parts.pipeline.copies.discard();
  }

  /** Records again after `shutdown()`, as the process lives on; not where the application has called `close()`. */
  reopen(): void {
    if (!this.#parts.pipeline.reopen()) return;
    this.#closing = undefined;
    this.#enter();
  }

  /** Spills what is not in the store, synchronously: the process exits, and nothing asynchronous runs any more. */
  exit(reason: EndReason): void {
    this.#parts.catchUp.interruptOpen(true);
    this.#abandon(reason);
  }

  async #close(reason: EndReason, timeoutMillis: number): Promise<CloseReport> {
    const { catchUp, pipeline, alsoTo, ledger: counters } = this.#parts;
    const failedBefore = counters.writeFailed;
    catchUp.interruptOpen();
    const closed = Promise.all([pipeline.close(reason), alsoTo.close(reason)]);
    const complete = await resolvesWithin(closed, timeoutMillis);
    if (!complete) this.#abandon(reason);
    this.#leave();
    const ledger = this.stats();
    const unwritten = ledger.pending + ledger.spilled + counters.writeFailed - failedBefore;
    if (!complete) this.#reportLate(timeoutMillis, unwritten, ledger.spilled);
    return { complete, unwritten, ledger };
  }

  #abandon(reason: EndReason): void {
    this.#parts.pipeline.abandon(reason);
    this.#parts.alsoTo.abandon(reason);
  }

  #reportLate(timeoutMillis: number, unwritten: number, spilled: number): void {
    const { unclosed } = this.#parts.alsoTo;
    const besides = unclosed.length > 0 ? ` Not waited for any longer: ${unclosed.join(', ')} (see sinkStats()).` : '';
    this.report(
      'CLOSE_TIMED_OUT',
      `close() met its deadline of ${timeoutMillis} ms; ${unwritten} spans are not stored, ${spilled} of them ` +
        `kept in the spill file.${besides}`,
    );
  }

  #enter(): void {
    if (this.#isHooked) shutdownHooks.add(this);
    if (this.#database === undefined || !enterFile(this.#database)) return;
    this.report(
      'MANY_INSTANCES',
      `Ten Ferrets of this process are open on ${this.#database}, each with a queue and a connection of its own. ` +
        'Make one with createFerret() and hand it to all: ferret(instance). Adapters called with equal options share ' +
        'one; functions among the options are equal only if they are the same.',
    );
  }

  #leave(): void {
    if (this.#isHooked) shutdownHooks.remove(this);
    if (this.#database !== undefined) leaveFile(this.#database);
  }
}
