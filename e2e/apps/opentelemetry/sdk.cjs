// A service with OpenTelemetry's SDK, and Ferret as one of its span processors: SDK 2, or with SDK=3 the newest.
// MODULES is where OpenTelemetry's packages are taken from.
const { createRequire } = require('node:module');
const { FerretSpanProcessor } = require('@ferretjs/opentelemetry');

const load = createRequire(process.env.MODULES);
const { context, ROOT_CONTEXT, SpanKind, trace } = load('@opentelemetry/api');
const { registerInstrumentations } = load('@opentelemetry/instrumentation');
const { PgInstrumentation } = load('@opentelemetry/instrumentation-pg');
const { resourceFromAttributes } = load('@opentelemetry/resources');

const options = {
  resource: resourceFromAttributes({ 'service.name': 'shop', 'late.name': new Promise(() => {}) }),
  spanProcessors: [new FerretSpanProcessor()],
};

function start() {
  if (process.env.SDK === '3') {
    const { TracerProvider } = load('@opentelemetry/sdk-trace');
    return new TracerProvider(options);
  }
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node');
  const provider = new NodeTracerProvider(options);
  provider.register();
  return provider;
}

async function main() {
  const provider = start();
  registerInstrumentations({ tracerProvider: provider, instrumentations: [new PgInstrumentation()] });
  const { Client } = require('pg');
  const client = new Client({ host: '127.0.0.1', port: process.env.DATABASE_PORT, user: 'postgres' });
  await client.connect();
  await client.query("SELECT 'canary-4711' AS name");

  const tracer = provider.getTracer('shop', '1.0.0');
  const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
  const remote = trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true });
  const attributes = {
    'http.request.method': 'GET',
    'http.route': '/orders/:id',
    'url.path': '/orders/7',
    'http.response.status_code': 503,
    items: [{ sku: 'a', password: 'canary-4711' }],
  };
  const request = tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes }, remote);
  const below = trace.setSpan(ROOT_CONTEXT, request);
  const child = tracer.startSpan('price', {}, below);
  child.recordException(new TypeError('no price'));
  child.end();
  await context.with(below, () => client.query('SELECT 1 AS one'));
  request.end();
  await client.end();
  await provider.shutdown();
  tracer.startSpan('after the shutdown').end();
}

main();
