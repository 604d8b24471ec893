import { statSync } from 'node:fs';
import { debuglog, inspect } from 'node:util';
import { AttributeBag, AttributeRecorder, type Attributes } from '../attributes/attribute-recorder.js';
import { createRedactor } from '../attributes/redaction.js';
import { createReport, type OnDiagnostic, type Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import { HttpTracer } from '../http/http-tracer.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { identifyProcess } from '../process/process-identity.js';
import { Sampler } from '../sampling/sampler.js';
import { changeSampling, type ResolvedSampling, type SamplingOptions } from '../sampling/sampling-options.js';
import { type Ledger, LedgerCounters } from '../sink/ledger.js';
import type { EndReason, SpanSink } from '../sink/sink.js';
import type { Spill } from '../sink/spill.js';
import { SpillQueue } from '../spill/spill-queue.js';
import { SqliteSink } from '../sqlite/sqlite-sink.js';
import { renderPrometheus } from '../statistics/prometheus.js';
import { SpanStatistics } from '../statistics/span-statistics.js';
import { requireSynchronous } from '../synchronous.js';
import type { SpanData } from '../trace/recording-span.js';
import type { Span, SpanOptions } from '../trace/span.js';
import { Tracer } from '../trace/tracer.js';
import type { AnyFunction, CloseReport, Ferret } from './ferret.js';
import { type FerretOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { shutdownHooks } from './shutdown-hooks.js';

const DEFAULT_CLOSE_TIMEOUT_MILLIS = 5_000;
const MAX_TIMER_MILLIS = 2 ** 31 - 1;

/** From when on an open span is worth a row of its own, in case the process dies; and how many there may be. */
const OPEN_MILLIS = 1_000;
const MAX_OPEN_ROWS = 1_000;

const debug = debuglog('ferret');

/** The composition root: options -> tracer -> pipeline -> sink. */
export class FerretInstance implements Ferret {
  readonly runId: string;
  /** For adapters; see `@ferretjs/core/http`. */
  readonly http: HttpTracer;
  readonly #database: string | undefined;
  readonly #ledger = new LedgerCounters();
  readonly #statistics = new SpanStatistics();
  readonly #sampler: Sampler;
  #sampling: ResolvedSampling;
  readonly #report: Report;
  readonly #pipeline: Pipeline;
  readonly #tracer: Tracer;
  readonly #hooked: boolean;
  #closing: Promise<CloseReport> | undefined;

  constructor(options?: FerretOptions) {
    const resolved = resolveOptions(options);
    this.runId = resolved.runId;
    // What goes wrong may have a secret in its message, as a connection's URL has.
    const safe = (text: string) => redactor.text(text);
    this.#report = createReport(withDebug(resolved.onDiagnostic ?? warn, safe), safe);
    const redactor = createRedactor(resolved.redact, (error) => this.#fault('The option redact.redactor', error));
    const limits = { maxAttributes: resolved.maxAttributes, maxValueLength: resolved.maxAttributeLength };
    const recorder = new AttributeRecorder(limits, redactor);
    const { sink, spill } = this.#createStore(resolved, recorder);
    this.#database = resolved.sink === undefined ? resolved.database : undefined;
    this.#pipeline = new Pipeline(sink, this.#ledger, resolved, this.#report, spill);
    this.#sampling = resolved.sampling;
    this.#sampler = new Sampler(resolved.sampling, (span) => this.#pipeline.enqueue(span), this.#ledger);
    const ended = (span: SpanData) => {
      this.#statistics.record(span);
      this.#sampler.ended(span);
    };
    this.#tracer = new Tracer(recorder, this.#ledger, ended, this.#sampler);
    this.#pipeline.watch({
      settle: () => this.#sampler.tick(),
      openSpans: () => this.#tracer.openFor(OPEN_MILLIS, MAX_OPEN_ROWS),
      routes: this.#statistics.routes,
    });
    this.http = new HttpTracer(this.#tracer, resolved, redactor, (what, error) => this.#fault(what, error));
    this.#hooked = resolved.shutdownHooks;
    if (this.#hooked) shutdownHooks.add(this);
  }

  measure<T>(name: string, ...rest: [fn: (span: Span) => T] | [attributes: Attributes, fn: (span: Span) => T]): T {
    return rest.length === 1
      ? this.#tracer.measure(name, undefined, rest[0])
      : this.#tracer.measure(name, rest[0], rest[1]);
  }

  wrap<F extends AnyFunction>(name: string | ((...args: Parameters<F>) => string), fn: F): F {
    const tracer = this.#tracer;
    const nameOf = (args: Parameters<F>): string => {
      if (typeof name === 'string') return name;
      try {
        return requireSynchronous('It', name(...args));
      } catch (error) {
        this.#fault('A name given to wrap()', error);
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

  /** Whether `close()` has been called. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  start(name: string, options?: SpanOptions): Span {
    return this.#tracer.start(name, options);
  }

  stats(): Ledger {
    return this.#ledger.snapshot();
  }

  configure(changes: SamplingOptions): void {
    this.#sampling = changeSampling(this.#sampling, changes);
    this.#sampler.configure(this.#sampling);
  }

  metrics(): string {
    return renderPrometheus({
      requests: this.#statistics.requests.series(),
      ledger: this.stats(),
      queued: this.#pipeline.queued,
      flushes: this.#pipeline.writes,
      fileBytes: this.#database === undefined ? undefined : sizeWithJournal(this.#database),
    });
  }

  flush(): Promise<void> {
    this.#sampler.decidePending();
    return this.#pipeline.flush();
  }

  close(options?: { timeoutMillis?: number }): Promise<CloseReport> {
    return this.shutdown('close', options?.timeoutMillis);
  }

  /** `close()` for a reason of the process's own. */
  shutdown(reason: EndReason, timeoutMillis = DEFAULT_CLOSE_TIMEOUT_MILLIS): Promise<CloseReport> {
    this.#closing ??= this.#close(reason, timeoutMillis);
    return this.#closing;
  }

  /** The process ends now: what is not in the store is spilled. Synchronous, as nothing else runs any more. */
  exit(reason: EndReason): void {
    this.#endOpen();
    this.#pipeline.abandon(reason);
  }

  async #close(reason: EndReason, timeoutMillis: number): Promise<CloseReport> {
    const failedBefore = this.#ledger.writeFailed;
    this.#endOpen();
    const complete = await settlesWithin(this.#pipeline.close(reason), timeoutMillis);
    if (!complete) this.#pipeline.abandon(reason);
    if (this.#hooked) shutdownHooks.remove(this);
    const ledger = this.stats();
    const unwritten = ledger.pending + ledger.spilled + this.#ledger.writeFailed - failedBefore;
    if (!complete) {
      this.#report(
        'CLOSE_TIMED_OUT',
        `close() met its deadline of ${timeoutMillis} ms; ${unwritten} spans are not stored, ${ledger.spilled} of them ` +
          'kept in the spill file.',
      );
    }
    return { complete, unwritten, ledger };
  }

  #endOpen(): void {
    this.#tracer.close();
    this.#sampler.decidePending();
  }

  #createStore(options: ResolvedOptions, recorder: AttributeRecorder): { sink: SpanSink; spill?: Spill } {
    const { sink, database: file, synchronous, retention, maxSpillBytes, runId, service } = options;
    if (sink !== undefined) return { sink };
    const resource = new AttributeBag();
    recorder.setAll(resource, options.resource);
    const me = identifyProcess(runId, service, resource.values);
    return {
      sink: new SqliteSink({ file, synchronous, retention }, me, this.#report),
      ...(maxSpillBytes > 0 && { spill: new SpillQueue(file, me, maxSpillBytes, this.#report) }),
    };
  }

  /** Reports a function of the application that threw while Ferret called it. */
  #fault(what: string, error: unknown): void {
    this.#report('HOOK_FAILED', `${what} failed, and the work went on without it: ${messageOf(error)}`, error);
  }
}

/**
 * The timer holds the process open on purpose, and only for this long: with nothing else to wait for, Node would
 * otherwise end in the middle of a retry.
 */
async function settlesWithin(promise: Promise<void>, millis: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    // A longer one, or none at all, would be over at once.
    timer = setTimeout(resolve, Math.min(millis, MAX_TIMER_MILLIS), false);
  });
  const settled = await Promise.race([promise.then(() => true), deadline]);
  clearTimeout(timer);
  return settled;
}

/** Of a database with its `-wal`, in bytes; what cannot be seen has none. */
function sizeWithJournal(database: string): number {
  let bytes = 0;
  for (const file of [database, `${database}-wal`]) {
    try {
      bytes += statSync(file).size;
    } catch {
      // Not there yet, or not for us to see.
    }
  }
  return bytes;
}

const warn: OnDiagnostic = ({ code, message, suppressed }) => {
  const more = suppressed === 0 ? '' : ` (and ${suppressed} more like it in the last minute)`;
  process.emitWarning(message + more, { type: 'FerretWarning', code: `FERRET_${code}` });
};

/** `NODE_DEBUG=ferret` shows every diagnostic with its cause. */
function withDebug(onDiagnostic: OnDiagnostic, safe: (text: string) => string): OnDiagnostic {
  return (diagnostic) => {
    if (debug.enabled) debug('%s: %s %s', diagnostic.code, diagnostic.message, safe(inspect(diagnostic.cause)));
    return onDiagnostic(diagnostic);
  };
}
