import { AttributeBag, AttributeRecorder } from '../attributes/attribute-recorder.js';
import { createRedactor } from '../attributes/redaction.js';
import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import { HttpTracer } from '../http/http-tracer.js';
import { Handover } from '../pipeline/handover.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { identifyProcess, type ProcessIdentity } from '../process/process-identity.js';
import { Sampler } from '../sampling/sampler.js';
import { LedgerCounters } from '../sink/ledger.js';
import type { SpanSink } from '../sink/sink.js';
import type { Spill } from '../sink/spill.js';
import { RecoveringSink } from '../spill/recovering-sink.js';
import { SpillQueue } from '../spill/spill-queue.js';
import { mayOnlySpill, SPILL_ONLY } from '../sqlite/spill-only-sink.js';
import { SqliteSink } from '../sqlite/sqlite-sink.js';
import { SpanStatistics } from '../statistics/span-statistics.js';
import type { SpanData } from '../trace/span-data.js';
import { Tracer } from '../trace/tracer.js';
import { AlsoTo } from './also-to.js';
import { CatchUp } from './catch-up.js';
import { EndedSpans } from './ended-spans.js';
import { Lifecycle } from './lifecycle.js';
import { createReporting } from './reporting.js';
import type { ResolvedOptions } from './resolve-options.js';

/**
 * Open spans are told to the store once they have been open for this long, in case the process dies; and this many at
 * most.
 */
const OPEN_MILLIS = 1_000;
const MAX_OPEN_ROWS = 1_000;

/** The store of a Ferret that is switched off. */
const NOWHERE: SpanSink = { write: async () => {}, close: async () => {} };

/** The parts of a Ferret, put together. */
export interface Parts {
  readonly report: Report;
  /** Reports a function of the application that threw while Ferret called it. */
  readonly reportFault: (what: string, error: unknown) => void;
  readonly lifecycle: Lifecycle;
  readonly ledger: LedgerCounters;
  readonly statistics: SpanStatistics;
  readonly sampler: Sampler;
  readonly tracer: Tracer;
  readonly http: HttpTracer;
  readonly catchUp: CatchUp;
  readonly pipeline: Pipeline;
  readonly alsoTo: AlsoTo;
}

/** The composition root: builds all parts of a Ferret, and is the one file that knows every room. */
export function compose(options: ResolvedOptions): Parts {
  const { report, reportOf } = createReporting(options.onDiagnostic, (text) => redactor.text(text));
  const reportFault = (what: string, error: unknown) =>
    report('HOOK_FAILED', `${what} failed, and the work went on without it: ${messageOf(error)}`, error);
  const redactor = createRedactor(options.redact, (error) => reportFault('The option redact.redactor', error));
  const limits = { maxAttributes: options.maxAttributes, maxValueLength: options.maxAttributeLength };
  const recorder = new AttributeRecorder(limits, redactor);
  const process = identify(options, recorder);

  const { sink, spill, onlySpills = false } = createStore(options, process, report);
  const lifecycle = new Lifecycle();
  if (options.sink !== undefined) lifecycle.forbidReopening();
  const ledger = new LedgerCounters();
  const pipeline = new Pipeline(
    { sink, spill, ledger, ending: lifecycle, report },
    { ...options, process, onlySpills },
  );
  const alsoTo = new AlsoTo(options.enabled ? options.alsoTo : [], { ...options, process }, reportOf);

  const statistics = new SpanStatistics();
  const sampler = new Sampler(options.sampling, keepIn(pipeline, alsoTo), ledger);
  const ended = new EndedSpans(countIn(statistics, alsoTo), sampler, ledger);
  const handover = new Handover(ended, ledger, report);
  const tracer = new Tracer(recorder, ledger, handover, options.enabled, lifecycle);
  tracer.onLost = () => reportLost(report);
  const catchUp = new CatchUp(tracer, handover, ended);
  if (options.enabled) {
    const openSpans = () => tracer.openFor(OPEN_MILLIS, MAX_OPEN_ROWS);
    pipeline.watch({
      catchUp: () => catchUp.tick(),
      openSpans,
      copyOpen: () => tracer.copyOpen(),
      routes: statistics.routes,
    });
    alsoTo.watch(openSpans);
  }

  const http = new HttpTracer(tracer, options, redactor, reportFault);
  if (options.flushOnResponse && options.enabled) {
    http.onEnd = () => {
      catchUp.decidePending();
      pipeline.copies.saveAndFlush();
    };
  }
  return { report, reportFault, lifecycle, ledger, statistics, sampler, tracer, http, catchUp, pipeline, alsoTo };
}

function identify({ runId, service, resource }: ResolvedOptions, recorder: AttributeRecorder): ProcessIdentity {
  const bag = new AttributeBag();
  recorder.setAll(bag, resource);
  return identifyProcess(runId, service, bag.values);
}

function createStore(
  options: ResolvedOptions,
  process: ProcessIdentity,
  report: Report,
): { sink: SpanSink; spill?: Spill; onlySpills?: boolean } {
  const { sink, spillTo, database: file, synchronous, journal, retention, maxSpillBytes } = options;
  if (!options.enabled) return { sink: NOWHERE };
  const spillBeside = (path: string) => new SpillQueue(path, process, maxSpillBytes, report);
  if (sink !== undefined) {
    if (spillTo === undefined || maxSpillBytes === 0) return { sink };
    return { sink: new RecoveringSink(sink, spillTo, report), spill: spillBeside(spillTo) };
  }
  const spill = maxSpillBytes > 0 ? { spill: spillBeside(file) } : {};
  if (mayOnlySpill()) return { sink: SPILL_ONLY, ...spill, onlySpills: true };
  const store = new SqliteSink({ file, synchronous, journal, retention }, process, report);
  store.prepare();
  return { sink: store, ...spill };
}

/** Makes the function that takes a span that is kept. Without sinks beside the store it does not know of them. */
function keepIn(pipeline: Pipeline, alsoTo: AlsoTo): (span: SpanData) => void {
  if (alsoTo.isEmpty) {
    return (span) => {
      span.describe();
      pipeline.enqueue(span);
    };
  }
  return (span) => {
    span.describe();
    pipeline.enqueue(span);
    alsoTo.enqueue(span);
  };
}

function countIn(statistics: SpanStatistics, alsoTo: AlsoTo): Pick<SpanStatistics, 'record'> {
  if (alsoTo.isEmpty) return statistics;
  return {
    record: (span: SpanData) => {
      statistics.record(span);
      alsoTo.record(span);
    },
  };
}

function reportLost(report: Report): void {
  report(
    'CLOSED',
    'A span was started after close(). Such spans are counted (stats().dropped.closed) and not recorded: close a ' +
      'Ferret after all that uses it has ended.',
  );
}
