// What the statistics and the sampler cost: the time from the start of a span to the end of its trace, with and without them,
// turn and turn about. Nothing is written; what is kept goes nowhere.
import { requestName } from '../packages/core/dist/esm/http/request-name.js';
import { Sampler } from '../packages/core/dist/esm/sampling/sampler.js';
import { resolveSampling } from '../packages/core/dist/esm/sampling/sampling-options.js';
import { Histogram } from '../packages/core/dist/esm/statistics/histogram.js';
import { SpanStatistics } from '../packages/core/dist/esm/statistics/span-statistics.js';
import { AttributeRecorder } from '../packages/core/dist/esm/trace/attributes.js';
import { SpanIds } from '../packages/core/dist/esm/trace/ids.js';
import { RecordingSpan } from '../packages/core/dist/esm/trace/recording-span.js';
import { createRedactor } from '../packages/core/dist/esm/trace/redaction.js';
import { Tracer } from '../packages/core/dist/esm/trace/tracer.js';
import { quartileCell, table, tenths, whole } from './cells.mjs';
import { quartiles } from './quartiles.mjs';

export const statistics = {
  name: 'statistics',
  title: 'Statistics and sampler',
  seconds: 10,
  full: { rounds: 30, traces: 20_000 },
  short: { rounds: 1, traces: 5_000 },
  measure,
  describe,
};

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
  const onEnd = (span) => {
    counted?.record(span);
    sampler?.ended(span);
  };
  return new Tracer(recorder, counters, onEnd, sampler);
}

/** As adapters make them, but for what they read off the request. */
function request(tracer, index, children) {
  const context = { ids: SpanIds.root(), isLocalRoot: true, sampled: true, tracestate: undefined };
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

/** Of the processor, collecting garbage included: what else the machine does is no part of it. */
function nanosSince(started) {
  const { user, system } = process.cpuUsage(started);
  return (user + system) * 1_000;
}

function nanosPerTrace(tracer, traces, children) {
  const started = process.cpuUsage();
  for (let index = 0; index < traces; index++) request(tracer, index, children);
  return nanosSince(started) / traces;
}

/** Nanoseconds a trace for each variant, and what it adds to the first of them, round by round. */
async function measure({ rounds, traces }, say) {
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
    const results = tracers.map(() => []);
    // Turn and turn about, in slices: what else the machine does meets all of them alike. The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      tracers.forEach(([, tracer], variant) => {
        const nanos = nanosPerTrace(tracer, traces, children);
        if (round > 0) results[variant].push(nanos);
      });
    }
    tracers.forEach(([name], variant) => {
      const added = quartiles(results[variant].map((nanos, round) => nanos - results[0][round]));
      const row = { children, name, nanos: quartiles(results[variant]), added };
      rows.push(row);
      say(
        `${children} children, ${name}: ${row.nanos.median.toFixed(0)} ns a trace, ${added.median.toFixed(0)} [${added.q1.toFixed(0)}, ${added.q3.toFixed(0)}] added`,
      );
    });
  }
  const recordNanos = nanosPerRecord(traces * 10);
  say(`Histogram.record: ${recordNanos.toFixed(1)} ns`);
  return { rows, recordNanos };
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

function describe({ rows, recordNanos }) {
  return [
    'Processor time of a request without a socket: ids, span, route and end, and the spans below it. What is kept goes nowhere.',
    '',
    table(
      ['spans below it', '', 'ns a request', 'added, round by round'],
      rows.map(({ children, name, nanos, added }) => [
        children,
        name,
        quartileCell(nanos, whole),
        quartileCell(added, whole),
      ]),
    ),
    '',
    `One value into a histogram: ${tenths(recordNanos)} ns.`,
  ].join('\n');
}
