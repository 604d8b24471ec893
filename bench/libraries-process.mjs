// A process of the libraries benchmark: a client asks one question after the other, a hundred below one request. TRACER
// says whose request it is, Ferret's or OpenTelemetry's, and INSTRUMENTED whether the client is watched. Spans go to a
// store that keeps nothing. Sends the nanoseconds that a question took: the median of the requests.
import { createRequire } from 'node:module';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { mysqlSocket, postgresSocket, redisSocket } from './library-stubs.mjs';

/** Questions below one request. */
const BATCH = 100;
const { CLIENT, TRACER } = process.env;
const isInstrumented = process.env.INSTRUMENTED === 'yes';
const batches = Number(process.env.BATCHES);
const require = createRequire(import.meta.url);

const inRequest = await { ferret, otel }[TRACER]();
const ask = await { pg, mysql2, ioredis, redis }[CLIENT]();
const timed = [];
// The first half is for the compiler.
for (let done = 0; done < batches * 2; done++) {
  await inRequest(async () => {
    const started = performance.now();
    for (let id = 0; id < BATCH; id++) await ask(id);
    timed.push(((performance.now() - started) * 1e6) / BATCH);
  });
  await turn();
}
process.send(median(timed.slice(batches)), () => process.exit());

function median(values) {
  return values.sort((first, second) => first - second)[values.length >> 1];
}

async function pg() {
  const { Client } = require('pg');
  const client = new Client({ user: 'shop', host: 'database', database: 'shop', stream: postgresSocket });
  await client.connect();
  return (id) => client.query('SELECT name FROM users WHERE id = $1', [id]);
}

async function mysql2() {
  const { createConnection } = require('mysql2');
  const connection = createConnection({ user: 'shop', host: 'database', database: 'shop', stream: mysqlSocket });
  const client = connection.promise();
  return (id) => client.query('SELECT name FROM users WHERE id = ?', [id]);
}

async function ioredis() {
  class Connector {
    connect() {
      return Promise.resolve(redisSocket());
    }
    check() {
      return true;
    }
    disconnect() {}
  }
  const client = new (require('ioredis'))({ Connector });
  return (id) => client.get(`user:${id}`);
}

async function redis() {
  net.createConnection = redisSocket;
  const client = require('@redis/client').createClient();
  await client.connect();
  return (id) => client.get(`user:${id}`);
}

async function ferret() {
  const { createFerret } = await import('@ferretjs/core');
  const { instrument } = await import('@ferretjs/auto');
  if (isInstrumented) instrument();
  // Sampling as it is by default: most leaves of a busy service are not kept.
  const instance = createFerret({ sink: { async write() {}, async close() {} }, shutdownHooks: false });
  return (work) => instance.measure('GET /users/:id', work);
}

async function otel() {
  const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
  const { MySQL2Instrumentation } = require('@opentelemetry/instrumentation-mysql2');
  const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
  const { RedisInstrumentation } = require('@opentelemetry/instrumentation-redis');
  const exporter = { export: (_spans, done) => done({ code: 0 }), async shutdown() {} };
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  const all = [PgInstrumentation, MySQL2Instrumentation, IORedisInstrumentation, RedisInstrumentation];
  const instrumentations = isInstrumented ? all.map((Instrumentation) => new Instrumentation()) : [];
  registerInstrumentations({ instrumentations });
  const tracer = provider.getTracer('bench');
  return (work) =>
    tracer.startActiveSpan('GET /users/:id', async (span) => {
      await work();
      span.end();
    });
}
