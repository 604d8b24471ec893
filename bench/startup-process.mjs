// Imports what WHAT names, and tells how long that took.
const IMPORTS = {
  'rxjs and sqlite3': ['rxjs', 'sqlite3'],
  '@ferretjs/core': ['@ferretjs/core'],
  '@ferretjs/express': ['@ferretjs/express'],
  'OpenTelemetry, tracer only': ['@opentelemetry/sdk-trace-node'],
  'OpenTelemetry, with HTTP and Express': [
    '@opentelemetry/sdk-trace-node',
    '@opentelemetry/instrumentation',
    '@opentelemetry/instrumentation-http',
    '@opentelemetry/instrumentation-express',
  ],
};

const started = performance.now();
for (const name of IMPORTS[process.env.WHAT]) await import(name);
process.send({ millis: performance.now() - started });
process.disconnect();
