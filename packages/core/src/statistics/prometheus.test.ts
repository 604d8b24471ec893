import { describe, expect, it } from 'vitest';
import { type MetricsSource, renderPrometheus } from './prometheus.js';
import { spanRecord } from './span.fixture.js';
import { SpanStatistics } from './span-statistics.js';

function source(statistics = new SpanStatistics()): MetricsSource {
  return {
    requests: statistics.requests.series(),
    ledger: {
      started: 1_000,
      stored: 700,
      sampledOut: 200,
      folded: 7,
      dropped: { queueFull: 40, writeFailed: 30, closed: 20, tooLarge: 5 },
      spilled: 3,
      pending: 2,
    },
    queued: 1,
    flushes: { count: 4, sumMillis: 50 },
    fileBytes: 65_536,
  };
}

const HOSTILE = [
  'a"} 1\nevil_metric 2',
  '\\',
  'back\\nslash',
  '\u0000\r\u2028',
  '\ud800',
  '{{}}',
  '💥',
  'x'.repeat(5_000),
];

describe('the Prometheus text', () => {
  it('has request durations as cumulative buckets in seconds', () => {
    const statistics = new SpanStatistics();
    statistics.record(spanRecord({ durationNanos: 4_000_000 }));
    statistics.record(spanRecord({ durationNanos: 60_000_000 }));
    statistics.record(spanRecord({ kind: 'internal' }));
    const lines = renderPrometheus(source(statistics)).split('\n');
    const labels = 'http_request_method="GET",http_route="/users/:id",http_response_status_code="200"';
    const name = 'http_server_request_duration_seconds';
    expect(lines).toContain(`# TYPE ${name} histogram`);
    expect(lines).toContain(`${name}_bucket{${labels},le="0.005"} 1`);
    expect(lines).toContain(`${name}_bucket{${labels},le="0.05"} 1`);
    expect(lines).toContain(`${name}_bucket{${labels},le="0.075"} 2`);
    expect(lines).toContain(`${name}_bucket{${labels},le="+Inf"} 2`);
    expect(lines).toContain(`${name}_sum{${labels}} 0.064`);
    expect(lines).toContain(`${name}_count{${labels}} 2`);
  });

  it('leaves out labels that have no value', () => {
    const statistics = new SpanStatistics();
    statistics.record(spanRecord({ httpRoute: undefined, httpStatusCode: undefined, errorType: 'aborted' }));
    expect(renderPrometheus(source(statistics))).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",error_type="aborted"} 1\n',
    );
  });

  it('marks the series for requests beyond the bound', () => {
    const statistics = new SpanStatistics();
    for (let index = 0; index <= 2_000; index++) statistics.record(spanRecord({ httpRoute: `/${index}` }));
    expect(renderPrometheus(source(statistics))).toContain(
      'http_server_request_duration_seconds_count{otel_metric_overflow="true"} 1\n',
    );
  });

  it('has the ledger, the queue, the writes and the file', () => {
    const lines = renderPrometheus(source()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'ferret_spans_started_total 1000',
        'ferret_spans_sampled_out_total 200',
        'ferret_spans_folded_total 7',
        'ferret_spans_dropped_total{reason="queue_full"} 40',
        'ferret_spans_queued 1',
        'ferret_flush_duration_seconds_sum 0.05',
        'ferret_flush_duration_seconds_count 4',
        'ferret_file_size_bytes 65536',
      ]),
    );
  });

  it('has what became of spans at each sink beside the store, where there is one', () => {
    const { ledger } = source();
    const sinks = [0, 1].map((index) => ({ sink: `alsoTo[${index}]`, ledger, queued: 9 }));
    const lines = renderPrometheus({ ...source(), sinks }).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE ferret_sink_spans_stored_total counter',
        'ferret_sink_spans_stored_total{sink="alsoTo[1]"} 700',
        'ferret_sink_spans_dropped_total{sink="alsoTo[0]",reason="queue_full"} 40',
        'ferret_sink_spans_dropped_total{sink="alsoTo[0]",reason="closed"} 20',
        'ferret_sink_spans_queued{sink="alsoTo[1]"} 9',
      ]),
    );
    expect(renderPrometheus(source())).not.toContain('ferret_sink');
  });

  it('leaves out the size of a missing file', () => {
    expect(renderPrometheus({ ...source(), fileBytes: undefined })).not.toContain('ferret_file_size_bytes');
  });

  it('keeps each hostile route on one line', () => {
    const statistics = new SpanStatistics();
    for (const text of HOSTILE) statistics.record(spanRecord({ httpRoute: text, errorType: text, name: text }));
    const lines = renderPrometheus(source(statistics)).trimEnd().split('\n');
    expect(lines.filter((line) => !/^(# (HELP|TYPE) |(http_server_request_duration|ferret)_)/.test(line))).toEqual([]);
    expect(lines.join('\n').isWellFormed()).toBe(true);
  });
});
