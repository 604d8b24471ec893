import { vi } from 'vitest';
import { AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { Attributes } from '../attributes/attribute-value.js';
import { createRedactor } from '../attributes/redaction.js';
import { EndedSpans } from '../ferret/ended-spans.js';
import { SpanStatistics } from '../statistics/span-statistics.js';
import { SpanIds } from '../trace/ids.js';
import { RecordingSpan } from '../trace/recording-span.js';
import type { Outcome, Span } from '../trace/span.js';
import type { SpanData } from '../trace/span-data.js';
import { SAMPLED_FLAG } from '../trace/trace-context.js';
import { Tracer } from '../trace/tracer.js';
import { Sampler } from './sampler.js';
import { resolveSampling, type SamplingOptions } from './sampling-options.js';

/** A request, and its spans. */
export interface Request {
  readonly route?: string | undefined;
  readonly method?: string;
  readonly path?: string;
  readonly millis?: number;
  readonly status?: number | undefined;
  readonly outcome?: Outcome;
  readonly attributes?: Attributes;
  /** Number of child spans, which end before the request does. */
  readonly children?: number;
  /** The trace id of a caller, which the request continues. */
  readonly traceId?: string;
}

/** A tracer and a sampler, at a time that the test sets. */
export class Traffic {
  readonly kept: SpanData[] = [];
  readonly counters = { started: 0, closed: 0, sampledOut: 0, folded: 0 };
  readonly sampler: Sampler;
  readonly tracer: Tracer;

  /** Replaces the clocks, until `vi.useRealTimers()`. */
  constructor(options: SamplingOptions = {}) {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    this.sampler = new Sampler(resolveSampling(options), (span) => this.kept.push(span), this.counters);
    const recorder = new AttributeRecorder(
      { maxAttributes: 128, maxValueLength: 1024 },
      createRedactor({}, () => {}),
    );
    const ended = new EndedSpans(new SpanStatistics(), this.sampler, this.counters);
    this.tracer = new Tracer(recorder, this.counters, ended);
  }

  /** Kept spans that are local roots. */
  get keptRoots(): readonly SpanData[] {
    return this.kept.filter((span) => span.isLocalRoot);
  }

  pass(millis: number): void {
    vi.advanceTimersByTime(millis);
  }

  /** Starts a request that stays open. */
  open(request: Request = {}): RecordingSpan {
    const { traceId, method = 'GET', path } = request;
    const span = new RecordingSpan(this.tracer, method, 'server', {
      ids: traceId === undefined ? SpanIds.root() : SpanIds.continuing(traceId, '00f067aa0ba902b7'),
      isLocalRoot: true,
      flags: SAMPLED_FLAG,
      tracestate: undefined,
    });
    this.tracer.started(span);
    if (span.data !== undefined) span.data.httpMethod = method;
    if (path !== undefined) span.annotate({ 'url.path': path });
    if (request.attributes !== undefined) span.annotate(request.attributes);
    return span;
  }

  end(span: RecordingSpan, request: Request = {}): void {
    const { outcome = 'ok', route = '/users/:id', millis = 1 } = request;
    const data = span.data;
    if (data === undefined) return;
    data.httpRoute = 'route' in request ? request.route : route;
    if (data.httpRoute !== undefined) data.name = `${data.httpMethod} ${data.httpRoute}`;
    data.httpStatusCode = 'status' in request ? request.status : 200;
    data.outcome = outcome;
    // Sets the start to `millis` ago.
    data.startedAt = performance.now() - millis;
    span.end();
  }

  /** Sends a request from start to end, at the present time. */
  request(request: Request = {}): string {
    const span = this.open(request);
    for (let index = 0; index < (request.children ?? 0); index++) this.child(span).end();
    this.end(span, request);
    return span.traceId;
  }

  child(parent: Span, name = 'SELECT'): Span {
    return this.tracer.start(name, { parent });
  }

  /** Sends a steady stream of requests. */
  steady(perSecond: number, seconds: number, request: (index: number) => Request = () => ({})): void {
    for (let index = 0; index < perSecond * seconds; index++) {
      this.pass(1000 / perSecond);
      this.request(request(index));
    }
  }
}
