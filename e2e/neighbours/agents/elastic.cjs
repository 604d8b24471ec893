// Loaded behind Elastic's agent. Its server is not there, and nothing is sent.
const { createRequire } = require('node:module');
const report = require('./report.cjs');

const apm = createRequire(`${process.env.AGENT_MODULES}/`)('elastic-apm-node');
apm.addTransactionFilter(({ name, outcome, context }) => {
  report.transaction(context.request.url.pathname, name, outcome === 'failure');
});
apm.addErrorFilter(({ exception }) => report.exception(exception.message));
report.mount({ express: (app) => app.use(apm.middleware.connect()) });
