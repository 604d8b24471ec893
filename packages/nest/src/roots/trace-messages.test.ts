import 'reflect-metadata';
import { runWith } from '@ferretjs/core/adapter';
import { Controller } from '@nestjs/common';
import {
  type BaseRpcContext,
  type CustomTransportStrategy,
  EventPattern,
  MessagePattern,
  Server,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom, type Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { FerretModule } from '../index.js';
import { cleanUp, recorder } from '../recorder.fixture.js';
import { traceMessages } from './trace-messages.js';

const TRACE = 'a'.repeat(32);
const HEADERS = { traceparent: `00-${TRACE}-${'b'.repeat(16)}-01` };

type Context = object;
type Handler = (data: unknown, context: Context) => Promise<Observable<unknown>>;

/** A transport without a wire. */
class LocalServer extends Server implements CustomTransportStrategy {
  override transportId: symbol | number = 0;
  listen(done: () => void) {
    done();
  }
  close() {}
  on() {
    throw new Error('no events');
  }
  unwrap() {
    return undefined as never;
  }
  begin(context: Context, done: () => unknown): unknown {
    return this.onProcessingStartHook(0, context as BaseRpcContext, done as never);
  }
  finish(context: Context) {
    this.onProcessingEndHook?.(0, context as BaseRpcContext);
  }
  /** Handles a message in Nest's way: between its hooks. */
  receive(pattern: string, context: Context, transport: unknown = this.transportId): unknown {
    return this.onProcessingStartHook(transport as number, context as BaseRpcContext, async () => {
      const handler = this.getHandlerByPattern(pattern) as Handler | null;
      try {
        const answer = this.transformToObservable(await handler?.('data', context)) as Observable<unknown>;
        return await lastValueFrom(answer, { defaultValue: undefined });
      } finally {
        this.onProcessingEndHook?.(transport as number, context as BaseRpcContext);
      }
    });
  }
}

const tcp = (pattern: unknown, metadata?: unknown) => ({ getPattern: () => pattern, getMetadata: () => metadata });

@Controller()
class Messages {
  @MessagePattern('double')
  double() {
    return Promise.resolve(8);
  }
  @MessagePattern('stream')
  stream() {
    return of(1, 2, 3);
  }
  @MessagePattern('broken')
  broken() {
    return throwError(() => new RangeError('half of it'));
  }
  @MessagePattern('throws')
  throws() {
    throw new RangeError('at once');
  }
  @EventPattern('created')
  created(_value: unknown) {}
}

async function startService(server = new LocalServer()) {
  const { ferret, spans, sink } = recorder();
  const builder = Test.createTestingModule({ imports: [FerretModule.forRoot(ferret)], controllers: [Messages] });
  const service = (await builder.compile()).createNestMicroservice({ strategy: server, logger: false });
  await service.listen();
  cleanUp.push(() => service.close());
  return { server, ferret, spans, sink };
}

describe('messages of a microservice', () => {
  it('are a root each, named by their handler, with the answer as it is', async () => {
    const { server, spans } = await startService();
    expect(await server.receive('double', tcp('double'))).toBe(8);
    expect(await server.receive('stream', tcp('stream'))).toBe(3);
    const [double, stream] = await spans(2);
    expect(double).toMatchObject({
      name: 'rpc double',
      kind: 'server',
      attributes: { 'rpc.system.name': 'nestjs', 'rpc.method': 'double', 'nestjs.transport': 'tcp' },
    });
    expect(double?.parentId).toBeUndefined();
    expect(stream?.name).toBe('rpc stream');
    expect(stream?.traceId).not.toBe(double?.traceId);
  });

  it('of handlers that fail reach their sender, and the span has the error', async () => {
    const { server, spans } = await startService();
    for (const pattern of ['broken', 'throws']) {
      await expect(server.receive(pattern, tcp(pattern))).rejects.toMatchObject({ status: 'error' });
    }
    const errors = (await spans(2)).map(({ errorType }) => errorType);
    expect(errors).toEqual(['RangeError', 'RangeError']);
  });

  it('continue the trace of their caller, and events are linked to it', async () => {
    const { server, spans } = await startService();
    await server.receive('double', tcp('double', HEADERS));
    await server.receive('created', tcp('created', HEADERS));
    const [double, created] = await spans(2);
    expect([double?.traceId, double?.parentId]).toEqual([TRACE, 'b'.repeat(16)]);
    expect(created).toMatchObject({
      name: 'process created',
      kind: 'consumer',
      links: [{ traceId: TRACE }],
      attributes: {
        'messaging.system': 'tcp',
        'messaging.destination.name': 'created',
        'messaging.operation.name': 'process',
      },
    });
    expect(created?.traceId).not.toBe(TRACE);
  });

  it.each<[string, number, object]>([
    ['kafka', 6, { getTopic: () => 'double', getMessage: () => ({ headers: HEADERS }) }],
    ['nats', 2, { getSubject: () => 'double', getHeaders: () => new Map(Object.entries(HEADERS)) }],
    ['rabbitmq', 5, { getPattern: () => 'double', getMessage: () => ({ properties: { headers: HEADERS } }) }],
    ['redis', 1, { getChannel: () => 'double', getMetadata: () => HEADERS }],
    ['mqtt', 3, { getTopic: () => 'double', getPacket: () => ({ properties: { userProperties: HEADERS } }) }],
  ])('of %s carry the trace in their own place', async (system, transport, context) => {
    const { server, spans } = await startService();
    await server.receive('double', context, transport);
    const [span] = await spans();
    expect(span).toMatchObject({ name: 'rpc double', traceId: TRACE, attributes: { 'nestjs.transport': system } });
  });

  it.each<[string, object]>([
    ['no headers', { getPattern: () => 'double', getMessage: () => undefined, getPacket: () => undefined }],
    ['headers that are a text', tcp('double', 'traceparent')],
    ['a traceparent of the wrong form', tcp('double', { traceparent: `00-${'0'.repeat(32)}-xyz` })],
    [
      'a traceparent that throws',
      tcp('double', {
        get traceparent() {
          throw new Error('no');
        },
      }),
    ],
    ['a traceparent without end', tcp('double', { traceparent: 'a'.repeat(1_000_000) })],
    ['a message without properties', { getPattern: () => 'double', getMessage: () => ({}), getPacket: () => ({}) }],
  ])('with %s begin a trace of their own', async (_, context) => {
    const { server, spans } = await startService();
    expect(await server.receive('double', context)).toBe(8);
    const [span] = await spans();
    expect(span?.name).toBe('rpc double');
    expect(span?.parentId).toBeUndefined();
  });

  it('without a handler, or with a pattern that is no text, have no name of their own', async () => {
    const { server, spans } = await startService();
    await server.receive('made-up-1', tcp('made-up-1'));
    await server.receive('double', tcp({ cmd: 'double' }));
    await server.receive('double', { getChannel: () => ({ a: 'channel of RabbitMQ' }) });
    expect((await spans(3)).map(({ name }) => name)).toEqual(['rpc', 'rpc', 'rpc']);
  });

  it('of unknown transports say none', async () => {
    const { server, spans } = await startService();
    await server.receive('double', tcp('double'), Symbol('own'));
    await server.receive('double', tcp('double'), 99);
    for (const { attributes } of await spans(2)) expect(attributes).not.toHaveProperty('nestjs.transport');
  });

  it('of gRPC, inside of another span, or of contexts of another shape have no span, and are answered', async () => {
    const { server, ferret, spans } = await startService();
    expect(await server.receive('double', tcp('double'), 4)).toBe(8);
    const hostile = {
      getTopic: () => {
        throw new Error('no');
      },
    };
    expect(await server.receive('double', hostile)).toBe(8);
    expect(await server.receive('double', 'a text' as unknown as object)).toBe(8);
    expect(await server.receive('double', undefined as unknown as object)).toBe(8);
    const consumer = ferret.start('consumer of the broker');
    await runWith(consumer, () => server.receive('double', tcp('double')));
    consumer.end();
    expect((await spans()).map(({ name }) => name)).toEqual(['consumer of the broker']);
  });

  it('run the hooks that the application has set, before and later', async () => {
    const calls: string[] = [];
    const server = new LocalServer();
    server.setOnProcessingEndHook(() => calls.push('end'));
    const { spans } = await startService(server);
    await server.receive('double', tcp('double'));
    server.setOnProcessingStartHook((_transport, _context, done) => {
      calls.push('start');
      return done();
    });
    server.setOnProcessingEndHook(() => calls.push('other end'));
    await server.receive('double', tcp('double'));
    expect(calls).toEqual(['end', 'start', 'other end']);
    expect(await spans(2)).toHaveLength(2);
  });

  it('of which a hook throws or rejects end with its error, which is passed on', async () => {
    const { server, spans } = await startService();
    const error = new TypeError('hook');
    server.setOnProcessingStartHook(() => {
      throw error;
    });
    expect(() => server.receive('double', tcp('double'))).toThrow(error);
    server.setOnProcessingStartHook(() => Promise.reject(error) as never);
    await expect(server.receive('double', tcp('double'))).rejects.toBe(error);
    server.setOnProcessingStartHook(() => 'answer' as never);
    const last = tcp('double');
    expect(server.receive('double', last)).toBe('answer');
    server.finish(last);
    expect((await spans(3)).map(({ errorType }) => errorType)).toEqual(['TypeError', 'TypeError', undefined]);
  });
});

describe('traceMessages', () => {
  function registry() {
    const targets = new Subject<unknown>();
    return { targets, modules: { getRpcTargetRegistry: () => targets } };
  }

  it('leaves what is no server of Nest as it is', () => {
    const { targets, modules } = registry();
    cleanUp.push(traceMessages(modules, () => undefined));
    const halves = [{ setOnProcessingStartHook: vi.fn() }, { setOnProcessingEndHook: vi.fn() }, {}];
    for (const half of [...halves, undefined, null, 'text']) expect(() => targets.next(half)).not.toThrow();
    expect(halves[0]?.setOnProcessingStartHook).not.toHaveBeenCalled();
    const frozen = Object.freeze({ setOnProcessingStartHook: vi.fn(), setOnProcessingEndHook: vi.fn() });
    expect(() => targets.next(frozen)).not.toThrow();
  });

  it('traces a server once, and none that is made after its end', async () => {
    const { ferret, spans } = recorder();
    const { targets, modules } = registry();
    const [first, late] = [new LocalServer(), new LocalServer()];
    const stop = [traceMessages(modules, () => ferret), traceMessages(modules, () => ferret)];
    targets.next(first);
    for (const end of stop) end();
    targets.next(late);
    await first.receive('none', tcp('none'));
    await late.receive('none', tcp('none'));
    expect(await spans()).toHaveLength(1);
  });

  it('does nothing with a Nest that has no registry of servers, and without a Ferret', async () => {
    expect(() => traceMessages({}, () => undefined)()).not.toThrow();
    const { targets, modules } = registry();
    cleanUp.push(traceMessages(modules, () => undefined));
    const server = new LocalServer();
    server.addHandler('double', async () => of(8));
    server.addHandler('created', async () => of(9), true);
    targets.next(server);
    expect(await server.receive('double', tcp('double'))).toBe(8);
    expect(await server.receive('created', tcp('created'))).toBe(9);
  });

  it('takes servers without a look-up of handlers, and events by any pattern', async () => {
    const { ferret, spans } = recorder();
    const { targets, modules } = registry();
    cleanUp.push(traceMessages(modules, () => ferret));
    const server = new LocalServer();
    Reflect.set(server, 'onProcessingStartHook', undefined);
    targets.next(server);
    Reflect.set(server, 'getHandlerByPattern', undefined);
    const context = tcp('double');
    expect(server.begin(context, () => 'done')).toBe('done');
    server.finish(context);
    expect((await spans())[0]?.name).toBe('rpc');
  });
});
