import type { SpanRecord } from '../trace/span.js';
import { RequestStatistics } from './request-statistics.js';
import { RouteStatistics } from './route-statistics.js';

/** Counts every ended span before any is sampled out: for the file, and for `metrics()`. */
export class SpanStatistics {
  /** Counts by name, outcome and minute, for `ferret_routes_v1`. */
  readonly routes = new RouteStatistics();
  /** Counts of requests since the process started, for Prometheus. */
  readonly requests = new RequestStatistics();

  /** Counts one span. Reads no clock: the end of a span follows from its start and its duration. */
  record(span: SpanRecord): void {
    this.routes.record(span.name, span.outcome, span.durationNanos, span.startMicros + span.durationNanos / 1000);
    if (span.kind === 'server') this.requests.record(span);
  }
}
