// The file that OpenTelemetry's documentation calls instrumentation.js. Nothing is sent.
const { createRequire } = require('node:module');
const report = require('./report.cjs');

const load = createRequire(`${process.env.AGENT_MODULES}/`);
const { NodeSDK, tracing } = load('@opentelemetry/sdk-node');
const { SpanKind, SpanStatusCode } = load('@opentelemetry/api');
const { getNodeAutoInstrumentations } = load('@opentelemetry/auto-instrumentations-node');
const { FastifyOtelInstrumentation } = load('@fastify/otel');

const exporter = {
  export(spans, done) {
    for (const { kind, name, status, attributes } of spans) {
      if (kind !== SpanKind.SERVER) continue;
      report.transaction(attributes['url.path'], name, status.code === SpanStatusCode.ERROR);
    }
    done({ code: 0 });
  },
  shutdown: async () => {},
};
new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  metricReaders: [],
  logRecordProcessors: [],
  instrumentations: [getNodeAutoInstrumentations(), new FastifyOtelInstrumentation({ registerOnInitialization: true })],
}).start();
