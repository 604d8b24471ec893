import type { SpanRecord } from '../trace/span.js';
import { RequestStatistics } from './request-statistics.js';
import { RouteStatistics } from './route-statistics.js';

/** Counts every ended span, before anything is sampled away: for the file, and for `metrics()`. */
export class SpanStatistics {
  /** By name, outcome and minute: for `ferret_routes_v1`. */
  readonly routes = new RouteStatistics();
  /** Requests since the process started: for Prometheus. */
  readonly requests = new RequestStatistics();

  /** Reads no clock: when a span ended follows from when it started and how long it took. */
  record(span: SpanRecord): void {
    this.routes.record(span.name, span.outcome, span.durationNanos, span.startMicros + span.durationNanos / 1000);
    if (span.kind === 'server') this.requests.record(span);
  }
}
