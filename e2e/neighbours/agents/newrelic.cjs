// Loaded behind New Relic's agent.
const { createRequire } = require('node:module');
const report = require('./report.cjs');

const { agent } = createRequire(`${process.env.AGENT_MODULES}/`)('newrelic');
agent?.on('transactionFinished', (transaction) => {
  report.transaction(transaction.url, transaction.getFullName(), transaction.hasErrors());
});
