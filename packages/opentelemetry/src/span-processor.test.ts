import { createFerret, type Ferret } from '@ferretjs/core';
import { ferretFor } from '@ferretjs/core/adapter';
import { MemorySink } from '@ferretjs/core/testing';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  type Sampler,
  SamplingDecision,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FerretSpanProcessor } from './span-processor.js';

let sink: MemorySink;
let ferret: Ferret;

beforeEach(() => {
  sink = new MemorySink();
  ferret = createFerret({ sink, shutdownHooks: false });
});

afterEach(() => ferret.close());

/** A tracer of an SDK with Ferret's processor. The type says that it is a processor of the SDK. */
function tracerWith(sampler?: Sampler) {
  const processor: SpanProcessor = new FerretSpanProcessor(ferret);
  const provider = new BasicTracerProvider({
    spanProcessors: [processor],
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    ...(sampler && { sampler }),
  });
  return { provider, tracer: provider.getTracer('orders', '1.2.3') };
}

const stored = async () => {
  await ferret.flush();
  return sink.spans;
};

const remote = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};

describe('FerretSpanProcessor', () => {
  it('records ended spans with their ids, parents, kinds, scope and service', async () => {
    const { tracer } = tracerWith();
    const parent = tracer.startSpan('parent', { kind: SpanKind.CONSUMER, attributes: { 'order.id': 7 } }, ROOT_CONTEXT);
    const child = tracer.startSpan('child', { kind: SpanKind.CLIENT }, trace.setSpan(ROOT_CONTEXT, parent));
    child.end();
    parent.updateName('renamed').end();
    const { traceId, spanId } = parent.spanContext();
    const shared = { 'otel.scope.name': 'orders', 'otel.scope.version': '1.2.3', 'service.name': 'shop' };
    expect(await stored()).toMatchObject([
      { name: 'child', traceId, parentId: spanId, kind: 'client', isLocalRoot: false, sharedAttributes: shared },
      { name: 'renamed', traceId, spanId, kind: 'consumer', isLocalRoot: true, attributes: { 'order.id': 7 } },
    ]);
    const [first, second] = sink.spans;
    expect(first?.sharedAttributes).toBe(second?.sharedAttributes);
    expect(first?.spanId).toBe(child.spanContext().spanId);
  });

  it('keeps the times that the application gives', async () => {
    const { tracer } = tracerWith();
    tracer.startSpan('work', { startTime: new Date(1_700_000_000_000) }, ROOT_CONTEXT).end(1_700_000_001_500);
    expect(await stored()).toMatchObject([{ startMicros: 1_700_000_000_000_000, durationNanos: 1_500_000_000 }]);
  });

  it('continues the trace of a caller', async () => {
    const { tracer } = tracerWith();
    tracer.startSpan('GET', { kind: SpanKind.SERVER }, trace.setSpanContext(ROOT_CONTEXT, remote)).end();
    expect(await stored()).toMatchObject([
      { traceId: remote.traceId, parentId: remote.spanId, isLocalRoot: true, kind: 'server' },
    ]);
  });

  it('knows a parent that was wrapped, and one that has ended', async () => {
    const { tracer } = tracerWith();
    const parent = tracer.startSpan('parent', {}, ROOT_CONTEXT);
    parent.end();
    tracer.startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, parent.spanContext())).end();
    const [, child] = await stored();
    expect(child).toMatchObject({ name: 'child', parentId: parent.spanContext().spanId, isLocalRoot: false });
  });

  it('begins a trace where the application asks for one', async () => {
    const { tracer } = tracerWith();
    const parent = tracer.startSpan('parent', {}, ROOT_CONTEXT);
    tracer.startSpan('child', { root: true }, trace.setSpan(ROOT_CONTEXT, parent)).end();
    expect(await stored()).toMatchObject([{ name: 'child', parentId: undefined, isLocalRoot: true }]);
  });

  it('records no span that was sampled out, nor one that is recorded without being sampled', async () => {
    tracerWith(new AlwaysOffSampler()).tracer.startSpan('off', {}, ROOT_CONTEXT).end();
    const recordOnly: Sampler = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => '' };
    tracerWith(recordOnly).tracer.startSpan('recorded', {}, ROOT_CONTEXT).end();
    expect(await stored()).toEqual([]);
    expect(ferret.stats().started).toBe(0);
  });

  it('turns statuses and exceptions into outcomes', async () => {
    const { tracer } = tracerWith();
    const failed = tracer.startSpan('failed', {}, ROOT_CONTEXT);
    failed.recordException(new TypeError('first'));
    failed.recordException(Object.assign(new RangeError('second'), { code: 'E_RANGE' }));
    failed.setStatus({ code: SpanStatusCode.ERROR, message: 'no more' }).end();
    const caught = tracer.startSpan('caught', {}, ROOT_CONTEXT);
    caught.recordException(new Error('handled'));
    caught.end();
    tracer.startSpan('plain', {}, ROOT_CONTEXT).setStatus({ code: SpanStatusCode.ERROR }).end();
    const typed = tracer.startSpan('typed', { attributes: { 'error.type': 'timeout' } }, ROOT_CONTEXT);
    typed.setStatus({ code: SpanStatusCode.ERROR }).end();
    tracer.startSpan('fine', {}, ROOT_CONTEXT).setStatus({ code: SpanStatusCode.OK }).end();
    const spans = await stored();
    expect(spans.map(({ name, outcome, errorType }) => [name, outcome, errorType])).toEqual([
      ['failed', 'error', 'E_RANGE'],
      ['caught', 'ok', undefined],
      ['plain', 'error', '_OTHER'],
      ['typed', 'error', 'timeout'],
      ['fine', 'ok', undefined],
    ]);
    expect(spans[0]).toMatchObject({
      attributes: {
        'exception.type': 'E_RANGE',
        'exception.message': 'second',
        'exception.stacktrace': expect.stringContaining('RangeError: second'),
        'otel.status_description': 'no more',
      },
      events: [{ name: 'exception', attributes: { 'exception.message': 'first' } }],
    });
    expect(spans[1]?.attributes).toMatchObject({ 'exception.message': 'handled' });
  });

  it('keeps links, events and attributes within bounds', async () => {
    const { tracer } = tracerWith();
    const span = tracer.startSpan('work', { links: [{ context: remote, attributes: { a: 1 } }] }, ROOT_CONTEXT);
    for (let at = 0; at < 200; at++) {
      span.addEvent(`event ${at}`, { at }).addLink({ context: remote });
      span.setAttribute(`key ${at}`, 'x'.repeat(100_000));
    }
    span.end();
    const [record] = await stored();
    expect(record?.links).toHaveLength(32);
    expect(record?.events).toHaveLength(32);
    expect(record?.attributes).toMatchObject({ 'ferret.dropped_links': 169, 'ferret.dropped_events': 168 });
    expect(Object.keys(record?.attributes ?? {}).length).toBeLessThan(140);
    expect(JSON.stringify(record).length).toBeLessThan(400_000);
  });

  it('says of a request its route, whatever the instrumentation calls it', async () => {
    const { tracer } = tracerWith();
    const request = (name: string, attributes: Record<string, string | number>) =>
      tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, ROOT_CONTEXT).end();
    const stable = {
      'http.request.method': 'GET',
      'url.path': '/users/7',
      'http.response.status_code': 200,
      'client.address': '192.0.2.1',
    };
    request('GET', { ...stable, 'http.route': '/users/:id' });
    request('GET /users/:id', { ...stable, 'http.route': '/users/:id' });
    request('GET /users/7', stable);
    request('GET /users/[id]', stable);
    request('show user', { ...stable, 'http.route': '/users/:id' });
    request('HTTP POST', { 'http.method': 'POST', 'http.target': '/a?token=canary', 'http.status_code': 404 });
    request('BREW', { 'http.request.method': 'BREW', 'http.response.status_code': 501 });
    const spans = await stored();
    expect(
      spans.map((span) => [span.name, span.httpMethod, span.httpRoute, span.httpStatusCode, span.outcome]),
    ).toEqual([
      ['GET /users/:id', 'GET', '/users/:id', 200, 'ok'],
      ['GET /users/:id', 'GET', '/users/:id', 200, 'ok'],
      ['GET', 'GET', undefined, 200, 'ok'],
      ['GET /users/[id]', 'GET', undefined, 200, 'ok'],
      ['show user', 'GET', '/users/:id', 200, 'ok'],
      ['POST', 'POST', undefined, 404, 'ok'],
      ['HTTP', '_OTHER', undefined, 501, 'error'],
    ]);
    expect(spans[0]?.attributes).toEqual({ 'url.path': '/users/7' });
    expect(spans[6]?.errorType).toBe('501');
    expect(JSON.stringify(spans)).not.toContain('canary');
  });

  it('masks queries, and leaves out what is never stored', async () => {
    const { tracer } = tracerWith();
    const attributes = {
      'db.system.name': 'postgresql',
      'db.query.text': "SELECT * FROM users WHERE name = 'canary'",
      'db.postgresql.values': ['canary'],
      'db.query.parameter.0': 'canary',
      'gen_ai.prompt.0.content': 'canary',
    };
    const span = tracer.startSpan('pg.query:SELECT shop', { kind: SpanKind.CLIENT, attributes }, ROOT_CONTEXT);
    span.addEvent('query', { 'db.system': 'redis', 'db.statement': 'SET canary canary' }).end();
    const [record] = await stored();
    expect(record?.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT * FROM users WHERE name = ?',
      'db.query.summary': 'SELECT users',
    });
    expect(record?.events).toMatchObject([{ attributes: { 'db.statement': 'SET' } }]);
    expect(JSON.stringify(sink.spans)).not.toContain('canary');
  });

  it('keeps of the messages of databases what comes before any value', async () => {
    const { tracer } = tracerWith();
    const failing = (message: string) => {
      const span = tracer.startSpan('pg.query', { attributes: { 'db.system': 'postgresql' } }, ROOT_CONTEXT);
      span.recordException(new TypeError('first: canary'));
      span.recordException(new RangeError(message));
      span.setStatus({ code: SpanStatusCode.ERROR, message: `failed: ${message}` }).end();
    };
    failing('duplicate key "canary" of\n    at canary');
    failing('connect ECONNREFUSED 127.0.0.1:5432');
    const [duplicate, refused] = await stored();
    expect(duplicate?.attributes).toMatchObject({
      'exception.type': 'RangeError',
      'exception.message': 'duplicate key',
      'exception.stacktrace': expect.stringMatching(/^RangeError: duplicate key\n {4}at failing /),
      'otel.status_description': 'failed',
    });
    expect(refused?.attributes).toMatchObject({ 'exception.message': 'connect ECONNREFUSED 127.0.0.1:5432' });
    expect(JSON.stringify(sink.spans)).not.toContain('canary');
  });

  it('counts a call that was answered with 404 as failed, unless the application says that it is fine', async () => {
    const { tracer } = tracerWith();
    const options = { kind: SpanKind.CLIENT, attributes: { 'http.response.status_code': 404 } };
    tracer.startSpan('GET', options, ROOT_CONTEXT).end();
    tracer.startSpan('GET', options, ROOT_CONTEXT).setStatus({ code: SpanStatusCode.OK }).end();
    expect((await stored()).map(({ outcome, errorType }) => [outcome, errorType])).toEqual([
      ['error', '404'],
      ['ok', undefined],
    ]);
  });

  it('ignores the requests that the option ignore names, and what is below them', async () => {
    ferret = createFerret({ sink, shutdownHooks: false, ignore: ['/health', () => true, /^\/assets/] });
    const { tracer } = tracerWith();
    for (const path of ['/health', '/assets/a.css', '/orders']) {
      const options = { kind: SpanKind.SERVER, attributes: { 'http.request.method': 'GET', 'url.path': path } };
      const request = tracer.startSpan('GET', options, ROOT_CONTEXT);
      const below = tracer.startSpan('below', {}, trace.setSpan(ROOT_CONTEXT, request));
      tracer.startSpan('deep', {}, trace.setSpan(ROOT_CONTEXT, below)).end();
      below.end();
      request.end();
    }
    expect((await stored()).map(({ name }) => name)).toEqual(['deep', 'below', 'GET']);
    expect(ferret.stats().started).toBe(3);
  });

  it('stores everything at forceFlush() and shutdown(), and takes nothing more', async () => {
    const { provider, tracer } = tracerWith();
    tracer.startSpan('first', {}, ROOT_CONTEXT).end();
    await provider.forceFlush();
    expect(sink.spans).toHaveLength(1);
    tracer.startSpan('second', {}, ROOT_CONTEXT).end();
    const processor = new FerretSpanProcessor(ferret);
    await provider.shutdown();
    await processor.shutdown();
    expect(sink.spans).toHaveLength(2);
    tracer.startSpan('third', {}, ROOT_CONTEXT).end();
    expect(ferret.stats().started).toBe(2);
  });

  it('tells of open spans when the process ends', async () => {
    const { tracer } = tracerWith();
    tracer.startSpan('open', { attributes: { a: 1 } }, ROOT_CONTEXT).setAttribute('b', 2);
    await ferret.close();
    expect(sink.spans).toMatchObject([{ name: 'open', outcome: 'interrupted', attributes: { a: 1, b: 2 } }]);
  });

  it('never throws, whatever it is given', () => {
    const processor = new FerretSpanProcessor(ferret);
    for (const nothing of [undefined, null, {}, 5]) {
      expect(() => processor.onStart(nothing as never, context.active())).not.toThrow();
      expect(() => processor.onEnd(nothing as never)).not.toThrow();
    }
  });

  it('records each span once, where an SDK has it twice', async () => {
    const one = new FerretSpanProcessor(ferret) as SpanProcessor;
    const spanProcessors = [one, one, new FerretSpanProcessor(ferret) as SpanProcessor];
    const tracer = new BasicTracerProvider({ spanProcessors }).getTracer('orders');
    const parent = tracer.startSpan('parent', {}, ROOT_CONTEXT);
    tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent)).end();
    parent.end();
    parent.end();
    expect((await stored()).map(({ name }) => name)).toEqual(['child', 'parent']);
    expect(ferret.stats()).toMatchObject({ started: 2, pending: 0 });
  });

  it('keeps what a span says beside links that are none', async () => {
    const { tracer } = tracerWith();
    const span = tracer.startSpan('work', { attributes: { 'order.id': 7 } }, ROOT_CONTEXT);
    const traceState = { serialize: () => { throw new Error('no'); } }; // biome-ignore format: one line
    span.addLink({ context: null as never });
    span.addLink({ context: { ...remote, traceState } as never });
    span.addLink({ context: span.spanContext() });
    span.end();
    expect(await stored()).toMatchObject([
      {
        attributes: { 'order.id': 7, 'ferret.dropped_links': 2 },
        links: [{ traceId: span.spanContext().traceId, spanId: span.spanContext().spanId }],
      },
    ]);
  });

  it('uses the Ferret of the requests, where it is given none', async () => {
    expect(ferretFor(ferret)).toBe(ferret);
    const provider = new BasicTracerProvider({ spanProcessors: [new FerretSpanProcessor()] });
    provider.getTracer('').startSpan('work', {}, ROOT_CONTEXT).end();
    await provider.forceFlush();
    expect(sink.spans).toMatchObject([{ name: 'work' }]);
  });

  it('refuses options at once', () => {
    expect(() => new FerretSpanProcessor({ servise: 'x' } as never)).toThrow(/servise/);
  });

  it('takes the spans of SDK 1', async () => {
    const processor = new FerretSpanProcessor(ferret);
    const old = {
      name: 'old',
      kind: SpanKind.INTERNAL,
      startTime: [1_700_000_000, 0],
      duration: [0, 5_000],
      status: { code: 0 },
      attributes: {},
      links: [],
      events: [],
      parentSpanId: 'aaaaaaaaaaaaaaaa',
      instrumentationLibrary: { name: 'library' },
      resource: defaultResource(),
      spanContext: () => remote,
    };
    processor.onStart(old as never, ROOT_CONTEXT);
    processor.onEnd(old as never);
    expect(await stored()).toMatchObject([
      { name: 'old', parentId: 'aaaaaaaaaaaaaaaa', sharedAttributes: { 'otel.scope.name': 'library' } },
    ]);
    expect(sink.spans[0]?.sharedAttributes?.['service.name']).toBeUndefined();
  });
});
