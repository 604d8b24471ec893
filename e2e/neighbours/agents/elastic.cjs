// Loaded behind Elastic's agent. Its server is not there, and nothing is sent.
const { createRequire } = require('node:module');
const report = require('./report.cjs');

const apm = createRequire(`${process.env.AGENT_MODULES}/`)('elastic-apm-node');
apm.addTransactionFilter(({ name, outcome, context }) => {
  const say = () => report.transaction(context.request.url.pathname, name, outcome === 'failure');
  // The agent reads the stacks of errors after the request has ended. The test ends the process after the last one.
  if (context.request.url.pathname === '/last') setImmediate(() => apm.flush(say));
  else say();
});
apm.addErrorFilter(({ exception }) => report.exception(exception.message));
report.mount({ express: (app) => app.use(apm.middleware.connect()) });
