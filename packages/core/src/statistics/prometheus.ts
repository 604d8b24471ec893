import { DURATION_BOUNDS, type RequestSeries } from './request-statistics.js';

/** The values that the metrics are made from. */
export interface MetricsSource {
  readonly requests: Iterable<RequestSeries>;
  /** The process's ledger. */
  readonly ledger: {
    readonly started: number;
    readonly stored: number;
    readonly sampledOut: number;
    readonly folded: number;
    readonly dropped: {
      readonly queueFull: number;
      readonly writeFailed: number;
      readonly closed: number;
      readonly tooLarge: number;
    };
    readonly spilled: number;
    readonly pending: number;
  };
  /** Spans waiting for the store. */
  readonly queued: number;
  /** Number of writes to the store so far, and the total time they took. */
  readonly flushes: { readonly count: number; readonly sumMillis: number };
  /** Size of the database in bytes, its `-wal` included; `undefined` if it is not known. */
  readonly fileBytes?: number | undefined;
  /** The sinks of `alsoTo`, each with the ledger of the spans for it. Default none. */
  readonly sinks?: readonly SinkFigures[];
}

interface SinkFigures {
  readonly sink: string;
  readonly ledger: MetricsSource['ledger'];
  readonly queued: number;
}

type Labels = Readonly<Record<string, string | undefined>>;

/** Renders metrics in Prometheus's text format. The output contains only fixed names and escaped label values. */
export function renderPrometheus(source: MetricsSource): string {
  return [...requestDurations(source.requests), ...spans(source), ...store(source), ...sinks(source), ''].join('\n');
}

/**
 * Renders the durations of requests. Metric and label names are OpenTelemetry's, translated for Prometheus
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).
 */
function* requestDurations(requests: Iterable<RequestSeries>): Iterable<string> {
  const name = 'http_server_request_duration_seconds';
  yield* head(name, 'histogram', 'Duration of HTTP server requests.');
  for (const series of requests) {
    // The labels are escaped once for all lines of a series, because there may be two thousand series.
    const labels = pairsOf(labelsOf(series));
    const open = labels === '' ? `${name}_bucket{le="` : `${name}_bucket{${labels},le="`;
    let count = 0;
    for (let bucket = 0; bucket < DURATION_BOUNDS.length; bucket++) {
      count += series.buckets[bucket]!;
      yield `${open}${DURATION_BOUNDS[bucket]}"} ${count}`;
    }
    yield `${open}+Inf"} ${series.count}`;
    yield sample(`${name}_sum`, series.sumNanos / 1e9, labels);
    yield sample(`${name}_count`, series.count, labels);
  }
}

/**
 * Returns the labels of a series. The overflow series has only OpenTelemetry's label for it, `otel.metric.overflow`
 * (metrics SDK, cardinality limits).
 */
function labelsOf({ isOverflow, method, route, statusCode, errorType }: RequestSeries): Labels {
  if (isOverflow) return { otel_metric_overflow: 'true' };
  return {
    http_request_method: method,
    http_route: route,
    http_response_status_code: statusCode === undefined ? undefined : String(statusCode),
    error_type: errorType,
  };
}

function* spans({ ledger, queued }: MetricsSource): Iterable<string> {
  const { dropped } = ledger;
  yield* metric('ferret_spans_started_total', 'counter', 'Spans started.', ledger.started);
  yield* metric('ferret_spans_stored_total', 'counter', 'Spans committed to the store.', ledger.stored);
  yield* metric(
    'ferret_spans_sampled_out_total',
    'counter',
    'Spans sampled out by the rate budget.',
    ledger.sampledOut,
  );
  yield* metric('ferret_spans_folded_total', 'counter', 'Spans counted on another span of their trace.', ledger.folded);
  const lost = 'ferret_spans_dropped_total';
  yield* head(lost, 'counter', 'Spans lost, by reason.');
  yield sample(lost, dropped.queueFull, 'reason="queue_full"');
  yield sample(lost, dropped.writeFailed, 'reason="write_failed"');
  yield sample(lost, dropped.closed, 'reason="closed"');
  yield sample(lost, dropped.tooLarge, 'reason="too_large"');
  yield* metric('ferret_spans_spilled', 'gauge', 'Spans in a spill file, until they are stored.', ledger.spilled);
  yield* metric('ferret_spans_pending', 'gauge', 'Spans open, or on their way to the store.', ledger.pending);
  yield* metric('ferret_spans_queued', 'gauge', 'Spans waiting for the store.', queued);
}

function* store({ flushes, fileBytes }: MetricsSource): Iterable<string> {
  const flush = 'ferret_flush_duration_seconds';
  yield* head(flush, 'summary', 'Time that writes to the store take.');
  yield sample(`${flush}_sum`, flushes.sumMillis / 1000);
  yield sample(`${flush}_count`, flushes.count);
  if (fileBytes === undefined) return;
  yield* metric('ferret_file_size_bytes', 'gauge', 'Size of the database, its -wal included.', fileBytes);
}

function* sinks({ sinks = [] }: MetricsSource): Iterable<string> {
  if (sinks.length === 0) return;
  const stored = 'ferret_sink_spans_stored_total';
  const dropped = 'ferret_sink_spans_dropped_total';
  const queued = 'ferret_sink_spans_queued';
  yield* head(stored, 'counter', 'Spans stored by a sink of alsoTo.');
  for (const { sink, ledger } of sinks) yield sample(stored, ledger.stored, pairsOf({ sink }));
  yield* head(dropped, 'counter', 'Spans lost by a sink of alsoTo, by reason.');
  for (const { sink, ledger } of sinks) {
    const { queueFull, writeFailed, closed } = ledger.dropped;
    yield sample(dropped, queueFull, pairsOf({ sink, reason: 'queue_full' }));
    yield sample(dropped, writeFailed, pairsOf({ sink, reason: 'write_failed' }));
    yield sample(dropped, closed, pairsOf({ sink, reason: 'closed' }));
  }
  yield* head(queued, 'gauge', 'Spans waiting for a sink of alsoTo.');
  for (const { sink, queued: waiting } of sinks) yield sample(queued, waiting, pairsOf({ sink }));
}

type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

function* metric(name: string, type: MetricType, help: string, value: number): Iterable<string> {
  yield* head(name, type, help);
  yield sample(name, value);
}

function* head(name: string, type: MetricType, help: string): Iterable<string> {
  yield `# HELP ${name} ${help}`;
  yield `# TYPE ${name} ${type}`;
}

function sample(name: string, value: number, pairs = ''): string {
  return pairs === '' ? `${name} ${value}` : `${name}{${pairs}} ${value}`;
}

/** Formats labels, without those that have no value: for Prometheus an empty label and a missing one are equal. */
function pairsOf(labels: Labels): string {
  const pairs: string[] = [];
  for (const [label, text] of Object.entries(labels)) {
    if (text !== undefined && text !== '') pairs.push(`${label}="${escapeLabel(text)}"`);
  }
  return pairs.join(',');
}

/** Escapes a label value. The format is UTF-8 and has three escapes. */
function escapeLabel(text: string): string {
  return text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
