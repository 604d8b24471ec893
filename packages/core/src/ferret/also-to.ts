import type { Report } from '../diagnostics.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { PipelineOptions } from '../pipeline/pipeline-parts.js';
import type { EndReason } from '../sink/end-reason.js';
import { type Ledger, LedgerCounters } from '../sink/ledger.js';
import type { SpanSink } from '../sink/sink.js';
import { RouteStatistics } from '../statistics/route-statistics.js';
import type { SpanRecord } from '../trace/span.js';
import type { SpanData } from '../trace/span-data.js';
import { Lifecycle } from './lifecycle.js';
import { resolvesWithin } from './resolves-within.js';

/** Longest time that `flush()` waits for one of these sinks. */
const FLUSH_MILLIS = 1_000;

/** Figures of one sink of `alsoTo`. */
export interface SinkStats {
  /** `alsoTo[0]` for the first, and so on: the name in diagnostics and metrics. */
  readonly sink: string;
  /** A ledger of this sink alone: `started` counts the spans that were kept, and so were to go there. */
  readonly ledger: Ledger;
  /** Spans that wait for the sink in memory; part of `ledger.pending`. */
  readonly queued: number;
}

/** A sink beside the file, with a queue, a writer, a ledger and an end of its own. */
class SideSink {
  readonly #name: string;
  readonly #ledger = new LedgerCounters();
  readonly #pipeline: Pipeline;
  /** Statistics for its ticks; `undefined` for a sink without `tick`. */
  readonly routes: RouteStatistics | undefined;
  /** Set while the sink has not caught up since a `flush()` that waited in vain. */
  #isLate = false;
  #isClosed = false;

  constructor(name: string, sink: SpanSink, options: PipelineOptions, report: Report) {
    const ending = new Lifecycle();
    ending.forbidReopening();
    this.#name = name;
    this.#pipeline = new Pipeline({ sink, ledger: this.#ledger, ending, report }, options);
    this.routes = sink.tick === undefined ? undefined : new RouteStatistics();
  }

  get stats(): SinkStats {
    return { sink: this.#name, ledger: this.#ledger.snapshot(), queued: this.#pipeline.queued };
  }

  watch(openSpans: () => readonly SpanRecord[]): void {
    const { routes } = this;
    if (routes !== undefined) this.#pipeline.watch({ catchUp: () => {}, openSpans, copyOpen: () => [], routes });
  }

  enqueue(span: SpanData): void {
    this.#ledger.started++;
    this.#pipeline.enqueue(span);
  }

  /** Waits a second at most, and not again for a sink that was not done by then, before it is. */
  async flush(): Promise<void> {
    const flushed = this.#pipeline.flush();
    if (this.#isLate || (await resolvesWithin(flushed, FLUSH_MILLIS))) return;
    this.#isLate = true;
    void flushed.then(() => {
      this.#isLate = false;
    });
  }

  async close(reason: EndReason): Promise<void> {
    await this.#pipeline.close(reason);
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get name(): string {
    return this.#name;
  }

  abandon(reason: EndReason): void {
    this.#pipeline.abandon(reason);
  }
}

/** The sinks of the option `alsoTo`. Neither the store nor another sink waits for one of them. */
export class AlsoTo {
  readonly #sinks: readonly SideSink[];

  constructor(sinks: readonly SpanSink[], options: PipelineOptions, reportOf: (part: string) => Report) {
    this.#sinks = sinks.map((sink, index) => {
      const name = `alsoTo[${index}]`;
      return new SideSink(name, sink, options, reportOf(name));
    });
  }

  get isEmpty(): boolean {
    return this.#sinks.length === 0;
  }

  get stats(): SinkStats[] {
    return this.#sinks.map(({ stats }) => stats);
  }

  /** Tells each sink that wants to know once a second what is not finished yet. */
  watch(openSpans: () => readonly SpanRecord[]): void {
    for (const sink of this.#sinks) sink.watch(openSpans);
  }

  /** Counts a span that has ended, whether it is kept or not. */
  record({ name, outcome, durationNanos, startMicros }: SpanData): void {
    for (const { routes } of this.#sinks) {
      routes?.record(name, outcome, durationNanos, startMicros + durationNanos / 1000);
    }
  }

  /** Takes a span that is kept. */
  enqueue(span: SpanData): void {
    for (const sink of this.#sinks) sink.enqueue(span);
  }

  async flush(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.flush()));
  }

  async close(reason: EndReason): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.close(reason)));
  }

  /** Names of the sinks that have not closed. */
  get unclosed(): string[] {
    return this.#sinks.filter(({ isClosed }) => !isClosed).map(({ name }) => name);
  }

  abandon(reason: EndReason): void {
    for (const sink of this.#sinks) sink.abandon(reason);
  }
}
