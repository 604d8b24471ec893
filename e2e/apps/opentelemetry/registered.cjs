// A service with Ferret's adapter of Express and instrumentations of OpenTelemetry, without an SDK: Ferret is the
// tracer provider. With OBSERVE=none it has neither. MODULES is where the packages are taken from. Prints what clients
// saw.
const { once } = require('node:events');
const { createRequire } = require('node:module');
const express = require('express');

const load = createRequire(process.env.MODULES);
const api = load('@opentelemetry/api');
const isObserved = process.env.OBSERVE !== 'none';
const app = express();
if (isObserved) {
  const { registerFerret } = load('@ferretjs/opentelemetry');
  const { registerInstrumentations } = load('@opentelemetry/instrumentation');
  const { PgInstrumentation } = load('@opentelemetry/instrumentation-pg');
  registerFerret();
  const instrumentations = [new PgInstrumentation()];
  if (process.env.HTTP) {
    const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http');
    instrumentations.push(
      new HttpInstrumentation({ disableIncomingRequestInstrumentation: process.env.HTTP !== 'incoming' }),
    );
  }
  registerInstrumentations({ instrumentations });
  app.use(require('@ferretjs/express').ferret());
}

async function main() {
  // After the instrumentations, which hook `require`.
  const http = require('node:http');
  const { Pool } = require('pg');
  const pool = new Pool({ host: '127.0.0.1', port: process.env.DATABASE_PORT, user: 'postgres', max: 1 });
  const tracer = api.trace.getTracer('shop', '1.0.0');
  const { currentSpan, defaultFerret } = require('@ferretjs/core');

  app.get('/users/:id', async (request, response) => {
    const { rows } = await pool.query(`SELECT 'canary-4711' AS name, ${Number(request.params.id)} AS id`);
    response.json(rows);
  });
  app.get('/broken', async (_request, response) => {
    const error = await pool.query("SELECT * FROM nowhere WHERE a = 'canary-4711'").catch((error) => error);
    response.json([error.constructor.name, error.code, error.message]);
  });
  app.get('/nested', async (_request, response) => {
    const result = await tracer.startActiveSpan('checkout', async (span) => {
      const rows = await defaultFerret().measure('reserve', () => pool.query('SELECT 1 AS one'));
      currentSpan()?.annotate({ told: true });
      span.end();
      return rows.rows;
    });
    response.json(result);
  });
  app.get('/call', (request, response) => {
    http.get({ port, path: '/called', host: '127.0.0.1' }, (answer) => {
      answer.setEncoding('utf8').on('data', (text) => response.json([answer.statusCode, text]));
    });
    request.resume();
  });
  app.get('/called', (_request, response) => response.send('hello'));
  app.get('/active', (_request, response) => {
    const span = api.trace.getActiveSpan();
    span?.setAttribute('shop.cart', 3);
    response.json({ same: span?.spanContext().traceId === currentSpan()?.traceId });
  });

  const server = http.createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const saw = {};
  for (const path of ['/users/7', '/broken', '/nested', '/call', '/active']) {
    saw[path] = await (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  }
  console.log(JSON.stringify(saw));
  await pool.end();
  server.close();
  server.closeAllConnections();
}

main();
