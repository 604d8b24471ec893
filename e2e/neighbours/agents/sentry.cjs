// The file that Sentry's documentation calls instrument.js. Nothing is sent.
const { createRequire } = require('node:module');
const report = require('./report.cjs');

const Sentry = createRequire(`${process.env.AGENT_MODULES}/`)('@sentry/node');
Sentry.init({
  dsn: 'http://key@127.0.0.1:9/1',
  tracesSampleRate: 1,
  transport: () => ({ send: async () => ({}), flush: async () => true }),
  beforeSendSpan(span) {
    if (span.is_segment) report.transaction(span.attributes['url.path'], span.name, span.status !== 'ok');
    return span;
  },
  beforeSend(event) {
    report.exception(event.exception?.values?.[0]?.value);
    return null;
  },
});
report.mount({
  express: (app) => Sentry.setupExpressErrorHandler(app),
  koa: (app) => Sentry.setupKoaErrorHandler(app),
});
