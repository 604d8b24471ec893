import { SpanIds } from '../trace/ids.js';
import type { Outcome } from '../trace/span.js';
import { LocalTrace, SpanData } from '../trace/span-data.js';
import { Sampler } from './sampler.js';
import { resolveSampling, type SamplingOptions } from './sampling-options.js';

/** A request or a job, and its spans. */
export interface Root {
  /** When the root ends, in milliseconds. */
  readonly at: number;
  readonly millis?: number;
  /** The trace id of a caller, which the root continues. */
  readonly traceId?: string | undefined;
  readonly outcome?: Outcome;
  readonly status?: number;
  readonly route?: string;
  readonly kind?: 'server' | 'internal';
  readonly asked?: boolean;
  /** Number of spans that end before the root, and below that of those that end after it. */
  readonly children?: number;
  readonly late?: number;
}

/**
 * A sampler with ended spans at times that the test sets. It has no tracer and no timers, so that millions of spans are
 * fast.
 */
export class Roots {
  readonly kept: SpanData[] = [];
  /** Time at which each kept span was passed on. */
  readonly keptAt: number[] = [];
  readonly counters = { sampledOut: 0, folded: 0 };
  readonly sampler: Sampler;
  ended = 0;
  #now = 0;

  constructor(options: SamplingOptions = {}) {
    const onKeep = (span: SpanData) => {
      this.kept.push(span);
      this.keptAt.push(this.#now);
    };
    this.sampler = new Sampler(resolveSampling(options), onKeep, this.counters, () => this.#now);
  }

  /** Starts a root and its trace. */
  open({ at, traceId, kind = 'server' }: Root): SpanData {
    const ids = traceId === undefined ? SpanIds.root() : SpanIds.continuing(traceId, '00f067aa0ba902b7');
    const root = new SpanData(kind === 'server' ? 'GET' : 'job', kind, ids, true);
    root.startedAt = at;
    root.httpMethod = kind === 'server' ? 'GET' : undefined;
    root.trace = new LocalTrace();
    root.trace.root = root;
    return root;
  }

  child(root: SpanData, at: number, name = 'step', outcome: Outcome = 'ok'): void {
    const span = new SpanData(name, 'internal', SpanIds.below(root.ids), false);
    Object.assign(span, { startedAt: at, trace: root.trace, outcome });
    this.#end(span, at);
  }

  end(root: SpanData, { at, outcome = 'ok', status = 200, route = '/x', asked = false }: Root): void {
    root.durationNanos = (at - root.startedAt) * 1e6;
    root.outcome = outcome;
    if (root.kind === 'server') {
      Object.assign(root, { httpStatusCode: status, httpRoute: route, name: `GET ${route}` });
    }
    if (asked) {
      root.values['ferret.keep'] = true;
      root.count++;
    }
    this.#end(root, at);
  }

  /** Sends a root from start to end. @returns whether it was kept */
  send(request: Root): boolean {
    const { at, millis = 1, children = 0, late = 0 } = request;
    const root = this.open({ ...request, at: at - millis });
    for (let index = 0; index < children; index++) this.child(root, at);
    this.end(root, request);
    for (let index = 0; index < late; index++) this.child(root, at);
    return root.sampling !== undefined;
  }

  tick(at: number): void {
    this.#now = at;
    this.sampler.tick(at);
  }

  /** The largest number of spans that were kept within any period of this length. */
  mostWithin(millis: number): number {
    let most = 0;
    let first = 0;
    for (const [last, at] of this.keptAt.entries()) {
      while (this.keptAt[first]! <= at - millis) first++;
      most = Math.max(most, last - first + 1);
    }
    return most;
  }

  #end(span: SpanData, at: number): void {
    this.#now = at;
    this.ended++;
    this.sampler.ended(span);
  }
}
