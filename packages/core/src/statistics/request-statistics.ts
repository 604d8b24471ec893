import type { SpanRecord } from '../trace/span.js';

/**
 * Upper bounds of the buckets of `http.server.request.duration`, in seconds, as OpenTelemetry recommends
 * (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/). One more bucket counts longer requests.
 */
export const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

const BOUNDS_NANOS = DURATION_BOUNDS.map((seconds) => seconds * 1e9);

/** OpenTelemetry's limit for the attribute sets of one metric. */
const MAX_SERIES = 2_000;

/** Maximum number of series of one route, which are searched one by one: ten methods with some statuses each. */
const MAX_SERIES_OF_ROUTE = 64;

/** The counts of requests with the same method, route, status and error, since the process started. */
export interface RequestSeries {
  readonly method: string | undefined;
  readonly route: string | undefined;
  readonly statusCode: number | undefined;
  readonly errorType: string | undefined;
  /** Whether this series counts the requests that would have needed further series. */
  readonly isOverflow: boolean;
  /** Number of requests in each bucket; the last bucket is for those beyond the last bound. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumNanos: number;
}

interface Series extends RequestSeries {
  buckets: number[];
  count: number;
  sumNanos: number;
}

/** Counts requests as Prometheus expects: cumulative since the process started, independent of the sampler. */
export class RequestStatistics {
  readonly #maxSeries: number;
  /** Series by route. A route has few methods and statuses, so comparing each series is faster than building a key. */
  readonly #byRoute = new Map<string | undefined, Series[]>();
  #overflow: Series | undefined;
  #size = 0;

  constructor(maxSeries = MAX_SERIES) {
    this.#maxSeries = maxSeries;
  }

  /** Every series so far. */
  *series(): Iterable<RequestSeries> {
    for (const series of this.#byRoute.values()) yield* series;
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  record(span: SpanRecord): void {
    const series = this.#seriesOf(span);
    series.count++;
    series.sumNanos += span.durationNanos;
    let bucket = 0;
    while (bucket < BOUNDS_NANOS.length && span.durationNanos > BOUNDS_NANOS[bucket]!) bucket++;
    series.buckets[bucket]!++;
  }

  #seriesOf({ httpRoute: route, httpMethod: method, httpStatusCode: statusCode, errorType }: SpanRecord): Series {
    const ofRoute = this.#byRoute.get(route);
    if (ofRoute !== undefined) {
      for (const series of ofRoute) {
        if (series.statusCode === statusCode && series.method === method && series.errorType === errorType)
          return series;
      }
    }
    if (this.#size >= this.#maxSeries || (ofRoute !== undefined && ofRoute.length >= MAX_SERIES_OF_ROUTE)) {
      this.#overflow ??= createSeries({ isOverflow: true });
      return this.#overflow;
    }
    const series = createSeries({ method, route, statusCode, errorType });
    this.#size++;
    if (ofRoute === undefined) this.#byRoute.set(route, [series]);
    else ofRoute.push(series);
    return series;
  }
}

function createSeries(labels: Partial<RequestSeries>): Series {
  return {
    method: labels.method,
    route: labels.route,
    statusCode: labels.statusCode,
    errorType: labels.errorType,
    isOverflow: labels.isOverflow ?? false,
    buckets: new Array<number>(BOUNDS_NANOS.length + 1).fill(0),
    count: 0,
    sumNanos: 0,
  };
}
