import { EventEmitter } from 'node:events';
import { createFerret, currentSpan, type Ferret, FerretError } from '@ferretjs/core';
import { ferretFor, runWith, startLeaf } from '@ferretjs/core/adapter';
import { MemorySink } from '@ferretjs/core/testing';
import {
  baggageEntryMetadataFromString,
  context,
  createContextKey,
  defaultTextMapGetter,
  defaultTextMapSetter,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FerretContextManager } from './context-manager.js';
import { registerFerret } from './register.js';
import { FerretTracerProvider } from './tracer.js';

let sink: MemorySink;
let ferret: Ferret;
let unregister: () => void;
let tracer: Tracer;

const KEY = createContextKey('a value of the application');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

beforeEach(() => {
  sink = new MemorySink();
  ferret = createFerret({ sink, shutdownHooks: false });
  // Before the registration, as instrumentations do.
  tracer = trace.getTracer('orders', '1.2.3');
  unregister = registerFerret(ferret);
});

afterEach(async () => {
  unregister();
  for (const part of [trace, context, propagation]) part.disable();
  await ferret.close();
});

const stored = async () => {
  await ferret.flush();
  return sink.spans;
};
const names = async () => (await stored()).map(({ name }) => name);
const byName = async (name: string) => (await stored()).find((span) => span.name === name);

describe('registerFerret()', () => {
  it('is refused where the global is taken, and registers nothing', () => {
    expect(() => registerFerret(ferret)).toThrow(
      expect.objectContaining({ name: 'FerretError', code: 'OPENTELEMETRY_TAKEN' }),
    );
    unregister();
    propagation.setGlobalPropagator({ inject() {}, extract: (given) => given, fields: () => [] });
    expect(() => registerFerret(ferret)).toThrow(/has a propagator already.*FerretSpanProcessor/);
    expect(trace.setGlobalTracerProvider(new BasicTracerProvider())).toBe(true);
  });

  it('is refused where another version of the API came first', () => {
    unregister();
    const key = Symbol.for('opentelemetry.js.api.1');
    const holder = globalThis as Record<symbol, unknown>;
    const before = holder[key];
    holder[key] = { version: '1.8.0' };
    expect(() => registerFerret(ferret)).toThrow(/another version/);
    holder[key] = before;
    expect(context.active()).toBe(ROOT_CONTEXT);
  });

  it('leaves what has taken its place, when it is taken back again', () => {
    unregister();
    const manager = new FerretContextManager();
    const provider = new BasicTracerProvider();
    context.setGlobalContextManager(manager);
    trace.setGlobalTracerProvider(provider);
    unregister();
    expect(context.setGlobalContextManager(manager)).toBe(false);
    expect(trace.setGlobalTracerProvider(provider)).toBe(false);
  });

  it('refuses an SDK that comes later, as the API does', () => {
    expect(trace.setGlobalTracerProvider(new BasicTracerProvider())).toBe(false);
  });
});

describe('without a Ferret of its own', () => {
  it('records into that of the requests', async () => {
    unregister();
    unregister = registerFerret();
    const given = ferretFor(ferret);
    trace.getTracer('other').startSpan('kept').end();
    expect(given).toBe(ferret);
    expect(await names()).toEqual(['kept']);
  });

  it('says once that no span is recorded, where the environment has an option that is not accepted', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const provider = new FerretTracerProvider(() => {
      throw new FerretError('INVALID_OPTION', 'FERRET_BATCH_SIZE is "many"');
    });
    const other = provider.getTracer('other');
    expect(other.startSpan('lost').isRecording()).toBe(false);
    expect(other.startActiveSpan('lost', (span) => span.end())).toBeUndefined();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('FERRET_BATCH_SIZE'), { code: 'INVALID_OPTION' }]]);
    warn.mockRestore();
  });
});

describe('spans of the API', () => {
  it('are recorded as those of an SDK', async () => {
    const span = tracer.startSpan('work', { kind: SpanKind.CLIENT, attributes: { a: 1 } });
    expect(span.isRecording()).toBe(true);
    span
      .setAttribute('b', ['x', 'y'])
      .setAttributes({ c: true })
      .addEvent('retry', { attempt: 2 })
      .addLink({ context: { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 } })
      .updateName('renamed')
      .end();
    const { traceId, spanId, traceFlags } = span.spanContext();
    expect(traceFlags & 1).toBe(1);
    expect(await stored()).toMatchObject([
      {
        name: 'renamed',
        traceId,
        spanId,
        kind: 'client',
        isLocalRoot: true,
        outcome: 'ok',
        attributes: { a: 1, b: ['x', 'y'], c: true },
        sharedAttributes: { 'otel.scope.name': 'orders', 'otel.scope.version': '1.2.3' },
        events: [{ name: 'retry', attributes: { attempt: 2 } }],
        links: [{ traceId: TRACE }],
      },
    ]);
  });

  it('ignore what comes after their end', async () => {
    const span = tracer.startSpan('work');
    span.end();
    expect(span.isRecording()).toBe(false);
    span.setAttribute('a', 1).addEvent('late').updateName('late').setStatus({ code: SpanStatusCode.ERROR });
    span.recordException(new Error('late'));
    span.end();
    expect(await stored()).toHaveLength(1);
    expect(sink.spans[0]).toMatchObject({ name: 'work', outcome: 'ok', attributes: {} });
    expect(sink.spans[0]?.events).toBeUndefined();
  });

  it('hold nothing that they were told after their end', () => {
    const span = tracer.startSpan('work', { attributes: { a: 1 } });
    span.addEvent('e').addLink({ context: { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 } });
    span.end();
    expect(span).toMatchObject({ attributes: {}, events: [], links: [] });
  });

  it('end where the stack is full', async () => {
    const recurse = (): void => {
      const span = tracer.startSpan('deep', { attributes: { a: 1 } });
      try {
        recurse();
      } finally {
        span.end();
      }
    };
    expect(recurse).toThrow(RangeError);
    await ferret.flush();
    expect(ferret.stats().pending).toBe(0);
  });

  it('take any times', async () => {
    tracer.startSpan('dates', { startTime: new Date(1_700_000_000_000) }).end(1_700_000_002_000);
    tracer.startSpan('tuple', { startTime: [1_700_000_000, 5_000] }).end([1_700_000_000, 6_000]);
    tracer.startSpan('performance', { startTime: performance.now() }).end(performance.now() + 5);
    tracer.startSpan('backwards', { startTime: 1_700_000_000_000 }).end(1_600_000_000_000);
    tracer.startSpan('nonsense', { startTime: Number.NaN }).end(new Date('never'));
    const spans = await stored();
    expect(spans.slice(0, 2)).toMatchObject([
      { startMicros: 1_700_000_000_000_000, durationNanos: 2_000_000_000 },
      { startMicros: 1_700_000_000_000_005, durationNanos: expect.closeTo(1_000, -3) },
    ]);
    expect(spans[3]?.durationNanos).toBe(0);
    expect(Math.abs((spans[2]?.startMicros ?? 0) / 1e3 - Date.now())).toBeLessThan(60_000);
    expect(Math.abs((spans[4]?.startMicros ?? 0) / 1e3 - Date.now())).toBeLessThan(60_000);
  });

  it('survive values that are none', async () => {
    const hostile = new Proxy({}, { ownKeys: () => { throw new Error('no'); } }); // biome-ignore format: one line
    const circular: Record<string, unknown> = { password: 'canary' };
    circular['self'] = circular;
    const span = tracer.startSpan('work', { attributes: hostile, links: [null, { context: 5 }] as never });
    span
      .setAttributes(null as never)
      .setAttribute('', 1)
      .setAttribute('n', null as never);
    span.setAttribute('f', (() => 1) as never).setAttribute(5 as never, 1);
    span.setAttribute('complex', circular as never).setAttribute('list', [{ a: 1 }] as never);
    circular['password'] = 'changed';
    span
      .addEvent('e', hostile)
      .setStatus(undefined as never)
      .addLinks(5 as never);
    span.recordException(hostile as never);
    span.recordException(undefined as never);
    span.end('x' as never);
    const [record] = await stored();
    expect(record?.attributes).toMatchObject({
      complex: '{"password":"REDACTED","self":[Circular]}',
      list: ['{"a":1}'],
    });
    expect(Object.keys(record?.attributes ?? {})).not.toContain('f');
    expect(JSON.stringify(record)).not.toContain('canary');
  });

  it('throw nothing into the application, and keep the rest', async () => {
    const no = () => {
      throw new Error('no');
    };
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    const hostile: unknown[] = [
      new Proxy({}, { get: no, ownKeys: no, getPrototypeOf: no, has: no, getOwnPropertyDescriptor: no }),
      Object.defineProperty({}, 'a', { get: no, enumerable: true }),
      new Proxy([1], { get: no }),
      revoked.proxy,
      Object.create(null),
      Object.assign(new Date(), { getTime: no }),
      { context: null },
      { context: { traceId: TRACE, spanId: 'b'.repeat(16), traceFlags: 1, traceState: {} } },
      {
        context: trace.wrapSpanContext(INVALID_SPAN_CONTEXT).spanContext(),
        attributes: new Proxy({}, { ownKeys: no }),
      },
      Symbol('s'),
      '\ud800',
      Number.NaN,
    ];
    ferret.measure('own', () => {
      const spans = [tracer.startSpan('work', { links: hostile as never }), trace.getActiveSpan()!];
      for (const given of hostile as never[]) {
        for (const span of spans) {
          span.setAttribute('a', given).setAttribute(given, 1).setAttributes(given);
          span.addEvent(given, given, given).addLink(given).addLinks(given).addLinks([given]);
          span.recordException(given, given);
          span.setStatus(given);
        }
        tracer.startSpan('other').end(given);
        tracer.startSpan('other', { startTime: given, attributes: given, links: given, kind: given }).end();
        context.with(trace.setSpan(ROOT_CONTEXT, given), () => ferret.measure('below', () => {}));
      }
      for (const span of spans) span.setAttribute('kept', true);
      for (const span of spans) span.end();
    });
    expect((await byName('work'))?.attributes).toMatchObject({ kept: true });
    expect((await byName('own'))?.attributes).toMatchObject({ kept: true });
    expect(ferret.stats().pending).toBe(0);
  });

  it('begin below the active span, where no context is given', async () => {
    const active = tracer.startActiveSpan('parent', (parent) => {
      const span = tracer.startActiveSpan('child', {}, undefined as never, (child) => child);
      span.end();
      tracer.startSpan('other', {}, null as never).end();
      parent.end();
      return parent;
    });
    const { spanId } = active.spanContext();
    expect((await byName('child'))?.parentId).toBe(spanId);
    expect((await byName('other'))?.parentId).toBe(spanId);
  });

  it('are bounded while they are open', async () => {
    const span = tracer.startSpan('work');
    for (let at = 0; at < 5_000; at++) {
      span.setAttribute(`key ${at}`, at).addEvent(`event ${at}`);
      span.addLink({ context: { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 } });
    }
    span.recordException(new TypeError('at last'));
    span.setStatus({ code: SpanStatusCode.ERROR }).end();
    const [record] = await stored();
    expect(record).toMatchObject({
      errorType: 'TypeError',
      attributes: { 'ferret.dropped_links': 4_968, 'exception.message': 'at last' },
    });
    expect(record?.events).toHaveLength(32);
  });

  it('keep the order of statuses', async () => {
    const { OK, ERROR, UNSET } = SpanStatusCode;
    tracer.startSpan('fine').setStatus({ code: OK }).setStatus({ code: ERROR }).end();
    tracer.startSpan('failed').setStatus({ code: ERROR }).setStatus({ code: UNSET }).end();
    expect((await stored()).map(({ outcome }) => outcome)).toEqual(['ok', 'error']);
  });

  it('mask queries', async () => {
    const attributes = { 'db.system': 'mysql', 'db.statement': 'SELECT * FROM a WHERE b = "canary"' };
    tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, attributes }).end();
    expect((await stored())[0]?.attributes).toMatchObject({ 'db.statement': 'SELECT * FROM a WHERE b = ?' });
  });

  it('are not named after a query', async () => {
    const text = "SELECT * FROM users WHERE name = 'canary'";
    const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text };
    tracer.startSpan(text, { kind: SpanKind.CLIENT, attributes }).end();
    tracer
      .startSpan(5 as never, null as never)
      .updateName(7 as never)
      .end();
    expect(await names()).toEqual(['SELECT users', '5']);
    expect(JSON.stringify(sink.spans)).not.toContain('canary');
  });

  it('are counted as lost after close()', async () => {
    await ferret.close();
    const span = tracer.startSpan('late');
    expect(span.isRecording()).toBe(false);
    expect(tracer.startActiveSpan('later', () => 42)).toBe(42);
    expect(ferret.stats().dropped.closed).toBe(2);
  });
});

describe('the context', () => {
  it('travels with the span: return values, errors, arguments and this are what they were', async () => {
    const result = tracer.startActiveSpan('outer', { attributes: { a: 1 } }, (span) => {
      expect(trace.getActiveSpan()).toBe(span);
      return 42;
    });
    expect(result).toBe(42);
    const error = new Error('thrown');
    expect(() =>
      tracer.startActiveSpan('failing', () => {
        throw error;
      }),
    ).toThrow(error);
    const self = { x: 1 };
    const seen = context.with(
      ROOT_CONTEXT.setValue(KEY, 'v'),
      function (this: unknown, ...args: number[]) {
        return [this === self, args, context.active().getValue(KEY)];
      },
      self,
      1,
      2,
    );
    expect(seen).toEqual([true, [1, 2], 'v']);
    expect(context.active()).toBe(ROOT_CONTEXT);
    expect(context.with(undefined as never, () => context.active())).toBe(ROOT_CONTEXT);
    expect(tracer.startActiveSpan('x', {}, ROOT_CONTEXT.setValue(KEY, 'w'), () => context.active().getValue(KEY))).toBe(
      'w',
    );
  });

  it('travels through promises and timers', async () => {
    await tracer.startActiveSpan('outer', async (span) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(trace.getActiveSpan()).toBe(span);
      tracer.startSpan('inner').end();
      span.end();
    });
    expect(await byName('inner')).toMatchObject({ parentId: (await byName('outer'))?.spanId, isLocalRoot: false });
  });

  it('makes spans of both libraries parents of each other', async () => {
    ferret.measure('ferret outer', () => {
      const own = trace.getActiveSpan();
      expect(own?.spanContext().spanId).toBe(currentSpan()?.spanId);
      tracer.startActiveSpan('api', (span) => {
        expect(currentSpan()?.spanId).toBe(span.spanContext().spanId);
        ferret.measure('ferret inner', () => {
          startLeaf('leaf', 'client')?.end();
          tracer.startSpan('api inner').end();
        });
        currentSpan()?.annotate({ told: 'by Ferret' });
        span.end();
      });
      expect(trace.getActiveSpan()).toBe(own);
    });
    const parents = Object.fromEntries(
      (await stored()).map(({ name, parentId }) => [name, sink.spans.find(({ spanId }) => spanId === parentId)?.name]),
    );
    expect(parents).toEqual({
      'ferret outer': undefined,
      api: 'ferret outer',
      'ferret inner': 'api',
      leaf: 'ferret inner',
      'api inner': 'ferret inner',
    });
    expect((await byName('api'))?.attributes).toEqual({ told: 'by Ferret' });
    expect(new Set(sink.spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('keeps its values where Ferret changes the span', () => {
    context.with(ROOT_CONTEXT.setValue(KEY, 'v'), () => {
      ferret.measure('work', () => {
        expect(context.active().getValue(KEY)).toBe('v');
        expect(trace.getActiveSpan()?.spanContext().spanId).toBe(currentSpan()?.spanId);
        runWith(undefined, () => {
          expect(context.active().getValue(KEY)).toBe('v');
          expect(trace.getActiveSpan()).toBeUndefined();
          expect(currentSpan()).toBeUndefined();
        });
      });
      expect(trace.getActiveSpan()).toBeUndefined();
    });
  });

  it('lets the API tell Ferret’s own spans', async () => {
    ferret.measure('own', () => {
      const span = trace.getActiveSpan();
      span?.setAttribute('a', 1).setAttributes({ b: 2, 'db.statement': 'SET canary' });
      span?.addEvent('e', { c: 3 }).addLink({ context: { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 } });
      span?.updateName('renamed');
      span?.recordException(new TypeError('broken'));
      span?.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
      span?.end();
      expect(span?.isRecording()).toBe(true);
    });
    ferret.measure('failed', () => trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR, message: 'no' }));
    expect(await stored()).toMatchObject([
      {
        name: 'renamed',
        outcome: 'error',
        errorType: 'TypeError',
        attributes: { a: 1, b: 2, 'exception.message': 'broken' },
        events: [{ name: 'e' }, { name: 'exception' }],
        links: [{ traceId: TRACE }],
      },
      { name: 'failed', outcome: 'error', errorType: '_OTHER', attributes: { 'exception.message': 'no' } },
    ]);
    expect(JSON.stringify(sink.spans)).not.toContain('canary');
  });

  it('records nothing where tracing is suppressed, of neither library', async () => {
    await context.with(suppressTracing(context.active()), async () => {
      await null;
      const span = tracer.startSpan('hidden');
      expect(span.isRecording()).toBe(false);
      expect(span.spanContext()).toEqual(INVALID_SPAN_CONTEXT);
      ferret.measure('hidden too', () => tracer.startActiveSpan('as well', (inner) => inner.end()));
      const carrier = {};
      propagation.inject(context.active(), carrier);
      expect(carrier).toEqual({});
    });
    expect(await names()).toEqual([]);
    expect(ferret.stats().started).toBe(0);
  });

  it('records nothing below a request that is ignored, and sends on what it was sent', async () => {
    unregister();
    const ignoring = createFerret({ sink, shutdownHooks: false, ignore: '/health' });
    unregister = registerFerret(ignoring);
    const other = trace.getTracer('other');
    const options = { kind: SpanKind.SERVER, attributes: { 'url.path': '/health' } };
    const remote = propagation.extract(ROOT_CONTEXT, { traceparent: TRACEPARENT });
    other.startActiveSpan('GET', options, remote, (span) => {
      expect(span.isRecording()).toBe(false);
      other.startActiveSpan('below', (below) => {
        ignoring.measure('deep', () => expect(startLeaf('leaf', 'client')).toBeUndefined());
        const carrier: Record<string, string> = {};
        propagation.inject(context.active(), carrier);
        expect(carrier['traceparent']).toBe(TRACEPARENT);
        below.end();
      });
      span.end();
    });
    await ignoring.close();
    expect(sink.spans).toEqual([]);
    expect(ignoring.stats().started).toBe(0);
  });

  it('begins a trace where it is asked to', async () => {
    tracer.startActiveSpan('outer', (outer) => {
      tracer.startSpan('root', { root: true }).end();
      tracer.startSpan('elsewhere', {}, ROOT_CONTEXT).end();
      outer.end();
    });
    expect((await stored()).map(({ name, parentId }) => [name, parentId])).toEqual([
      ['root', undefined],
      ['elsewhere', undefined],
      ['outer', undefined],
    ]);
  });

  it('continues below a span that is not recorded here, for both libraries', async () => {
    const wrapped = trace.wrapSpanContext({
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      isRemote: true,
    });
    context.with(trace.setSpan(ROOT_CONTEXT, wrapped), () => {
      expect(trace.getActiveSpan()).toBe(wrapped);
      tracer.startSpan('api').end();
      ferret.measure('own', () => {});
      expect(startLeaf('leaf', 'client')).toBeUndefined();
      currentSpan()
        ?.annotate({})
        .rename('')
        .recordError(1)
        .addLink({} as never)
        .addEvent('')
        .end();
      runWith(currentSpan(), () => expect(trace.getActiveSpan()?.spanContext()).toEqual(wrapped.spanContext()));
    });
    context.with(trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(INVALID_SPAN_CONTEXT)), () => {
      tracer.startSpan('new').end();
    });
    expect((await stored()).map(({ name, parentId, isLocalRoot }) => [name, parentId, isLocalRoot])).toEqual([
      ['api', '00f067aa0ba902b7', true],
      ['own', '00f067aa0ba902b7', true],
      ['new', undefined, true],
    ]);
  });

  it('can be attached and detached, with API 1.10', () => {
    const manager = new FerretContextManager();
    const attached = manager.attach(ROOT_CONTEXT.setValue(KEY, 'v'));
    expect(context.active().getValue(KEY)).toBe('v');
    attached.dispose();
    expect(context.active()).toBe(ROOT_CONTEXT);
    const inner = manager.attach(ROOT_CONTEXT);
    attached.dispose();
    inner.dispose();
    expect(context.active()).toBe(ROOT_CONTEXT);
    expect(manager.enable().disable()).toBe(manager);
  });

  it('is bound to functions and to the listeners of emitters', () => {
    const marked = ROOT_CONTEXT.setValue(KEY, 'v');
    const read = function (this: unknown, _a?: number, _b?: number) {
      return [this, context.active().getValue(KEY)];
    };
    const bound = context.bind(marked, read);
    const self = {};
    expect(bound.call(self)).toEqual([self, 'v']);
    expect(bound).toHaveLength(2);
    expect(context.bind(marked, 5 as never)).toBe(5);

    const emitter = context.bind(marked, new EventEmitter());
    expect(context.bind(ROOT_CONTEXT, emitter)).toBe(emitter);
    const heard: unknown[] = [];
    const listener = () => heard.push(context.active().getValue(KEY));
    emitter.on('a', listener).once('a', listener).prependListener('a', listener);
    emitter.emit('a');
    emitter.off('a', listener).removeListener('a', listener);
    emitter.emit('a');
    expect(heard).toEqual(['v', 'v', 'v']);
    expect(emitter.listenerCount('a')).toBe(0);
  });
});

describe('propagation', () => {
  it('sends and reads the headers of W3C', async () => {
    const incoming = { traceparent: TRACEPARENT, tracestate: 'a=b', baggage: 'user=7;p=1,x%20y=%C3%A9,bad,%=1' };
    const extracted = propagation.extract(ROOT_CONTEXT, incoming, defaultTextMapGetter);
    const outgoing: Record<string, string> = {};
    context.with(extracted, () =>
      tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, (span) => {
        propagation.inject(context.active(), outgoing, defaultTextMapSetter);
        expect(outgoing['traceparent']).toBe(`00-${TRACE}-${span.spanContext().spanId}-01`);
        span.end();
      }),
    );
    expect(outgoing).toMatchObject({ tracestate: 'a=b', baggage: 'user=7;p=1,x%20y=%C3%A9' });
    expect(await stored()).toMatchObject([{ traceId: TRACE, parentId: '00f067aa0ba902b7', isLocalRoot: true }]);
    expect(propagation.fields()).toEqual(['traceparent', 'tracestate', 'baggage']);
  });

  it('sends baggage that is no well-formed text', () => {
    const headers: Record<string, string> = {};
    const baggage = propagation.createBaggage({
      a: { value: 'x\ud800' },
      b: { value: 5 as never },
      c: { value: '1', metadata: baggageEntryMetadataFromString('p=1') },
      d: { value: '2', metadata: baggageEntryMetadataFromString('p=1\r\nhost: x') },
    });
    propagation.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), headers);
    expect(headers['baggage']).toBe('a=x%EF%BF%BD,b=5,c=1;p=1,d=2');
  });

  it('reads headers of any type', () => {
    for (const value of [5, null, {}, [], [5], [null, {}], Symbol('s'), true, [[TRACEPARENT]]]) {
      const headers = { traceparent: TRACEPARENT, tracestate: value, baggage: value } as never;
      const extracted = propagation.extract(ROOT_CONTEXT, headers);
      expect(trace.getSpanContext(extracted)?.traceId).toBe(TRACE);
      expect(propagation.extract(ROOT_CONTEXT, { traceparent: value } as never)).toBeDefined();
    }
  });

  it('takes nothing from headers that are malformed', () => {
    for (const traceparent of ['', 'x', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, [TRACEPARENT, TRACEPARENT]]) {
      const extracted = propagation.extract(ROOT_CONTEXT, { traceparent });
      expect(trace.getSpan(extracted)).toBeUndefined();
    }
  });

  it('sends what a request of Ferret’s sends', () => {
    ferret.measure('own', () => {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      expect(carrier['traceparent']).toBe(currentSpan()?.traceparent);
    });
  });
});
