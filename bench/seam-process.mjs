// A process of the seam benchmark: KIND makes spans as an instrumentation does, below one request a batch, with a turn
// of the event loop after each batch, so that all of them flow to a store that keeps nothing. Sends the nanoseconds in
// the calls, by case.
import { tracingChannel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';

/** Spans of one request. */
const BATCH = 100;
const { KIND } = process.env;
const batches = Number(process.env.BATCHES);
const NAME = 'SELECT users';
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const attributes = (rows) => ({ 'db.system.name': 'sqlite', 'db.query.summary': NAME, 'db.rows': rows % 50 });

const { inRequest, cases, close } = await (KIND === 'ferret' ? ferret() : openTelemetry());
const results = {};
// Twice: what is optimised late is not measured half.
for (let round = 0; round < 2; round++) {
  for (const [name, work] of Object.entries(cases)) results[name] = await nanosOf(work);
}
await close();
process.send(results);
process.disconnect();

async function nanosOf(work) {
  let millis = 0;
  for (let done = 0; done < batches; done++) {
    inRequest(() => {
      const started = performance.now();
      for (let index = 0; index < BATCH; index++) work(index);
      millis += performance.now() - started;
    });
    await turn();
  }
  return (millis * 1e6) / (batches * BATCH);
}

/** A library with a diagnostics channel, and somebody who listens: `start` returns a span, `end` gets it. */
function throughChannel(name, start, end) {
  const channel = tracingChannel(name);
  const nothing = () => {};
  channel.subscribe({
    start(query) {
      query.span = start(query.rows);
    },
    end: nothing,
    asyncStart: nothing,
    asyncEnd({ span }) {
      end(span);
    },
    error: nothing,
  });
  return (rows) => {
    const query = { rows, span: undefined };
    channel.start.publish(query);
    channel.asyncEnd.publish(query);
  };
}

async function ferret() {
  const { createFerret } = await import('@ferretjs/core');
  const { continueTrace, runWith, startLeaf, startSpan } = await import('@ferretjs/core/adapter');
  const sink = { async write() {}, async close() {} };
  // Sampling as it is by default: most leaves of a busy service are not kept.
  const instance = createFerret({ sink, shutdownHooks: false });
  const leaf = (rows) => startLeaf(NAME, 'client', attributes(rows));
  const nothing = () => {};
  const headers = { traceparent: TRACEPARENT };
  return {
    inRequest: (work) => instance.measure('GET /users/:id', work),
    cases: {
      leafAndChannel: throughChannel('ferret', leaf, (span) => span?.end()),
      leaf: (rows) => leaf(rows)?.end(),
      span: (rows) => startSpan(NAME, { kind: 'client', attributes: attributes(rows) }).end(),
      runWith(rows) {
        const span = startSpan(NAME, { kind: 'client', attributes: attributes(rows) });
        runWith(span, nothing);
        span.end();
      },
      continueTrace: (rows) =>
        startSpan(NAME, { kind: 'consumer', attributes: attributes(rows), ...continueTrace(headers) }).end(),
    },
    close: () => instance.close(),
  };
}

async function openTelemetry() {
  const { context, propagation, ROOT_CONTEXT, SpanKind, trace } = await import('@opentelemetry/api');
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  const exporter = { export: (_spans, done) => done({ code: 0 }), async shutdown() {} };
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  const tracer = provider.getTracer('bench');
  const start = (rows) => tracer.startSpan(NAME, { kind: SpanKind.CLIENT, attributes: attributes(rows) });
  const nothing = () => {};
  const headers = { traceparent: TRACEPARENT };
  return {
    inRequest: (work) =>
      tracer.startActiveSpan('GET /users/:id', (span) => {
        work();
        span.end();
      }),
    cases: {
      leafAndChannel: throughChannel('otel', start, (span) => span.end()),
      leaf: (rows) => start(rows).end(),
      span: (rows) => start(rows).end(),
      runWith(rows) {
        const span = start(rows);
        context.with(trace.setSpan(context.active(), span), nothing);
        span.end();
      },
      continueTrace(rows) {
        const producer = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers));
        const options = {
          kind: SpanKind.CONSUMER,
          attributes: attributes(rows),
          links: [{ context: producer }],
          root: true,
        };
        tracer.startSpan(NAME, options).end();
      },
    },
    close: () => provider.shutdown(),
  };
}
