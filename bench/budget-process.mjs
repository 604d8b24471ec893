// A service of the budget benchmark: Express with a route that measures something below it, and one that fails. BUDGET
// is the number of spans that Ferret may keep a second; without it there is no Ferret. Answers "cpu" with the processor
// time of all its threads so far, "close" with its ledger.
import { createFerret } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express from 'express';

const { BUDGET, FILE } = process.env;
const instance = BUDGET ? createFerret({ database: FILE, maxSpansPerSecond: Number(BUDGET) }) : undefined;
const measure = instance ? instance.measure.bind(instance) : (_name, work) => work();

const app = express();
if (instance) app.use(ferret(instance));
app.get('/users/:id', async (request, response) => {
  await measure('SELECT user', () => Promise.resolve());
  response.json({ id: request.params.id });
});
app.get('/fail', () => {
  throw new Error('out of order');
});
app.use((_error, _request, response, _next) => void response.status(500).end());
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', async (question) => {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send({ micros: user + system });
    return;
  }
  server.close();
  server.closeAllConnections();
  const report = await instance?.close();
  process.send({ ledger: report?.ledger }, () => process.disconnect());
});
