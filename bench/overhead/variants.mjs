// The variants that are compared, and the frameworks in which they run.

const OTEL = { flags: ['--import', new URL('opentelemetry.mjs', import.meta.url).href] };

/** The variant that all others are measured against. */
export const BARE = 'bare';

export const VARIANTS = {
  [BARE]: { label: 'bare' },
  ferret: { label: 'Ferret' },
  'otel-noop': { label: 'OpenTelemetry, exporter that does nothing', ...OTEL, env: { EXPORTER: 'noop' } },
  'otel-otlp': { label: 'OpenTelemetry, OTLP to a local receiver', ...OTEL, env: { EXPORTER: 'otlp' } },
  'otel-sqlite': { label: 'OpenTelemetry, to SQLite', ...OTEL, env: { EXPORTER: 'sqlite' } },
  'swagger-stats': { label: 'swagger-stats' },
  // Two parts of the cost of Ferret. The first is needed by any program that has a current span and knows when a
  // response is over.
  context: { label: 'an AsyncLocalStorage and a `close` listener alone' },
  'ferret-unstored': { label: 'Ferret, with a sink that does nothing' },
};

const PARTS = ['context', 'ferret-unstored'];
const OTELS = ['otel-noop', 'otel-otlp', 'otel-sqlite'];

/** Each framework, and what is beside bare in it: `own` on its own, many times; `rivals` apart from it. */
export const FRAMEWORKS = {
  express: { label: 'Express 5', own: ['ferret', ...PARTS], rivals: [...OTELS, 'swagger-stats'] },
  // Where the current span costs less (AsyncContextFrame).
  'express-node-24': {
    label: 'Express 5 on Node 24',
    app: 'express',
    node: 24,
    own: ['ferret', ...PARTS],
    rivals: ['otel-noop', 'otel-sqlite'],
  },
  koa: { label: 'Koa 3', own: ['ferret', ...PARTS], rivals: OTELS },
  'nest-11': { label: 'Nest 11', own: ['ferret'], rivals: OTELS },
  // OpenTelemetry's instrumentation for Nest knows versions below 12 only: here it has those of HTTP and of Express.
  'nest-12': { label: 'Nest 12', own: ['ferret'], rivals: ['otel-noop'] },
};
