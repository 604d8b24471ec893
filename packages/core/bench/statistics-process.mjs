// Measures the statistics and the sampler by themselves, which are internals of this package: the time from the start
// of a span to the end of its trace, with and without them, turn and turn about. Nothing is written.
// bench/statistics.mjs starts it with ROUNDS and TRACES, and gets the samples as a message.

import { AttributeRecorder } from '../dist/esm/attributes/attribute-recorder.js';
import { createRedactor } from '../dist/esm/attributes/redaction.js';
import { requestName } from '../dist/esm/http/request-name.js';
import { Sampler } from '../dist/esm/sampling/sampler.js';
import { resolveSampling } from '../dist/esm/sampling/sampling-options.js';
import { Histogram } from '../dist/esm/statistics/histogram.js';
import { SpanStatistics } from '../dist/esm/statistics/span-statistics.js';
import { SpanIds } from '../dist/esm/trace/ids.js';
import { RecordingSpan } from '../dist/esm/trace/recording-span.js';
import { Tracer } from '../dist/esm/trace/tracer.js';

const ROUTES = Array.from({ length: 20 }, (_, index) => `/api/things/${index}/:id`);
const ALL = Number.POSITIVE_INFINITY;

/** A tracer that hands its spans to what is measured. */
function createTracer({ statistics, budget }) {
  const counters = { started: 0, closed: 0, sampledOut: 0 };
  const counted = statistics ? new SpanStatistics() : undefined;
  const sampler = budget && new Sampler(resolveSampling({ maxSpansPerSecond: budget }), () => {}, counters);
  const recorder = new AttributeRecorder(
    { maxAttributes: 128, maxValueLength: 1024 },
    createRedactor({}, () => {}),
  );
  return new Tracer(recorder, counters, {
    get needsTraces() {
      return sampler?.isActive === true;
    },
    ended(span) {
      counted?.record(span);
      sampler?.ended(span);
    },
    suppressed() {},
    holdTraces() {},
  });
}

/** As adapters make them, but for what they read off the request. */
function request(tracer, index, children) {
  const context = { ids: SpanIds.root(), isLocalRoot: true, flags: 1, tracestate: undefined };
  const span = new RecordingSpan(tracer, 'GET', 'server', context);
  tracer.started(span);
  const { data } = span;
  data.httpMethod = 'GET';
  for (let child = 0; child < children; child++) tracer.start('SELECT things', { parent: span }).end();
  data.httpRoute = ROUTES[index % ROUTES.length];
  data.name = requestName('GET', data.httpRoute);
  data.httpStatusCode = 200;
  span.end();
}

/** Processor time, garbage collection included: other programs of the machine have no part in it. */
function nanosSince(started) {
  const { user, system } = process.cpuUsage(started);
  return (user + system) * 1_000;
}

function nanosPerTrace(tracer, traces, children) {
  const started = process.cpuUsage();
  for (let index = 0; index < traces; index++) request(tracer, index, children);
  return nanosSince(started) / traces;
}

/** Nanoseconds a trace of each variant, a sample a round. */
function measure(rounds, traces) {
  const variants = {
    neither: {},
    'sampler, everything kept': { budget: ALL },
    statistics: { statistics: true },
    'statistics and sampler, nearly all kept': { statistics: true, budget: 1_000_000 },
    'statistics and sampler, nearly none kept': { statistics: true, budget: 100 },
  };
  const rows = [];
  for (const children of [0, 4]) {
    const tracers = Object.entries(variants).map(([name, variant]) => [name, createTracer(variant)]);
    const samples = tracers.map(() => []);
    // Turn and turn about, in slices: what else the machine does meets all of them alike. The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      tracers.forEach(([, tracer], variant) => {
        const nanos = nanosPerTrace(tracer, traces, children);
        if (round > 0) samples[variant].push(nanos);
      });
    }
    tracers.forEach(([name], variant) => {
      rows.push({ children, name, samples: samples[variant] });
    });
  }
  return rows;
}

function nanosPerRecord(values) {
  const durations = Float64Array.from({ length: 4_096 }, (_, index) => Math.round(1e5 * 1.002 ** index));
  const histogram = new Histogram();
  const run = () => {
    for (let index = 0; index < values; index++) histogram.record(durations[index & 4_095]);
  };
  run();
  const started = process.cpuUsage();
  run();
  return nanosSince(started) / values;
}

const traces = Number(process.env.TRACES);
process.send({ rows: measure(Number(process.env.ROUNDS), traces), recordNanos: nanosPerRecord(traces * 10) });
process.disconnect();
