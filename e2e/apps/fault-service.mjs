// An Express service for the faults: it answers anything, and its parent can ask how it is.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createFerret } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express from 'express';

if (process.env.RUN_AS) {
  await import('sqlite3'); // While it may still be read.
  process.setgroups([]);
  process.setgid(Number(process.env.RUN_AS));
  process.setuid(Number(process.env.RUN_AS));
}

const instance = createFerret(JSON.parse(process.env.OPTIONS ?? '{}'));
const app = express();
app.use(ferret(instance));
app.use(express.json());
app.get('/users/:id', async (request, response) => {
  await instance.measure('SELECT user', { body: request.query }, () => Promise.resolve());
  response.json({ id: request.params.id });
});
app.get('/wait/:millis', (request, response) => void setTimeout(() => response.end(), Number(request.params.millis)));
const tenant = express.Router({ mergeParams: true });
tenant.get('/orders/:id', (request, response) => void response.json(request.params));
app.use('/t/:tenant', tenant);
app.post('/annotate', (request, response) => {
  instance.measure('annotate', request.body, () => {});
  response.status(204).end();
});
app.post('/throw', (request) => {
  throw new Error(request.body.message);
});
app.use(ferret.errors());
app.use((_error, _request, response, _next) => void response.status(500).end('sorry'));

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
// A client that sends on an idle connection just as that is closed is reset, which is no fault of what is tested here.
server.keepAliveTimeout = 0;

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

/** Questions of a parent, each answered by one message. */
const ANSWERS = {
  /** Bytes in use after a collection, with nothing waiting for the store. Needs `--expose-gc`. */
  async memory() {
    await instance.flush();
    for (let round = 0; round < 3; round++) {
      await new Promise(setImmediate);
      globalThis.gc();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  async flush() {
    await instance.flush();
    return instance.stats();
  },
  stats: () => instance.stats(),
  /** The longest that the event loop was held up since this was last asked, in milliseconds. */
  longestDelay() {
    const { max } = delay;
    delay.reset();
    return max / 1e6;
  },
  /** Ends the service; the process goes with it. */
  async close() {
    server.close();
    server.closeAllConnections();
    return instance.close();
  },
};
process.on('message', async (question) => {
  process.send(await ANSWERS[question](), () => {
    if (question === 'close') process.disconnect();
  });
});
