import type { LedgerCounters } from '../sink/ledger.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import type { SpanRecord } from '../trace/span.js';
import type { SizedRecord } from './batch.js';
import type { Ending } from './ending.js';
import type { Jobs } from './jobs.js';
import type { SinkWriter } from './sink-writer.js';

/** Interval of the ticks. */
const TICK_MILLIS = 1000;

/** Largest number of statistics rows in one tick: more would hold up the batches behind them. */
const MAX_ROUTE_MINUTES = 500;

/** Things that the pipeline looks after once a second, besides the spans that have ended. */
export interface Watched {
  /** Decides traces that have waited for too long. */
  catchUp(): void;
  openSpans(): readonly SpanRecord[];
  /** Copies of all open spans, as if they were interrupted now. */
  copyOpen(): readonly SizedRecord[];
  readonly routes: {
    drain(limit?: number): readonly RouteMinute[];
    /** Returns what `drain()` would return, and drains nothing. */
    peek(): readonly RouteMinute[];
    /** To be called when the rows that were drained last are stored. */
    confirm(): void;
  };
}

/** Tells the sink once a second, between two writes, which spans are open and which statistics have changed. */
export class Ticker {
  readonly #jobs: Jobs;
  readonly #writer: SinkWriter;
  readonly #ledger: LedgerCounters;
  readonly #ending: Ending;
  #watched: Watched | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isUnderWay = false;

  constructor(jobs: Jobs, writer: SinkWriter, ledger: LedgerCounters, ending: Ending) {
    this.#jobs = jobs;
    this.#writer = writer;
    this.#ledger = ledger;
    this.#ending = ending;
  }

  /** `undefined` where only spans are recorded. */
  get watched(): Watched | undefined {
    return this.#watched;
  }

  /** Begins to tick. */
  watch(watched: Watched): void {
    this.#watched = watched;
    this.start();
  }

  /** Ticks again after {@link stop}, if there is something to look after. */
  start(): void {
    const watched = this.#watched;
    if (watched === undefined) return;
    this.#timer = setInterval(() => {
      watched.catchUp();
      this.#addJob();
    }, TICK_MILLIS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #addJob(): void {
    // While the store fails, the batch that is tried again goes first.
    if (this.#isUnderWay || this.#writer.failures > 0) return;
    this.#isUnderWay = true;
    this.#jobs.add(async () => {
      await this.#writer.attemptOnce('Open spans and statistics', () => this.tell(MAX_ROUTE_MINUTES));
      this.#isUnderWay = false;
    });
  }

  /** The statistics that the store does not have yet, for the last record of the spill. */
  drainRoutes(): readonly RouteMinute[] {
    return this.#watched?.routes.drain() ?? [];
  }

  /** Tells the sink now; to be called in a job. Rejects as the sink does. */
  async tell(maxRouteMinutes?: number): Promise<void> {
    const watched = this.#watched;
    if (watched === undefined || !this.#writer.hasTick || this.#ending.isAbandoned) return;
    const routeMinutes = watched.routes.drain(maxRouteMinutes);
    await this.#writer.tick({ openSpans: watched.openSpans(), routeMinutes, ledger: this.#ledger.snapshot() });
    watched.routes.confirm();
  }
}
