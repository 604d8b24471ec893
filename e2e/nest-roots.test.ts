import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createFerret, type Ferret } from '@ferretjs/core';
import { runWith } from '@ferretjs/core/adapter';
import { MemorySink } from '@ferretjs/core/testing';
import { FERRET, FerretModule } from '@ferretjs/nest';
import {
  BadRequestException,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientsModule,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Cron, Interval, ScheduleModule, Timeout } from '@nestjs/schedule';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { lastValueFrom, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { redis } from './services/redis.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

function moduleOf(metadata: ModuleMetadata, methods = true) {
  const sink = new MemorySink();
  const ferret: Ferret = createFerret({ sink });
  cleanUp.push(() => ferret.close());
  @Module({ ...metadata, imports: [FerretModule.forRoot(ferret, { methods }), ...(metadata.imports ?? [])] })
  class AppModule {}
  const spans = async () => {
    await ferret.flush();
    return sink.spans;
  };
  const named = async (name: string) => {
    await vi.waitFor(async () => expect((await spans()).map((span) => span.name)).toContain(name));
    return sink.spans.find((span) => span.name === name);
  };
  return { AppModule, spans, named };
}

@Injectable()
class Work {
  async run(value: number) {
    await Promise.resolve();
    return value * 2;
  }
}

class Refuse {
  canActivate(): boolean {
    throw new ForbiddenException('who are you');
  }
}
class Demand {
  transform(): never {
    throw new BadRequestException('a number, please');
  }
}

describe('a message of a microservice', () => {
  @Controller()
  class Messages {
    constructor(@Inject(Work) readonly work: Work) {}
    @MessagePattern('double')
    double(@Payload() value: number) {
      return this.work.run(value);
    }
    @MessagePattern({ cmd: 'stream' })
    stream() {
      return of(1, 2, 3);
    }
    @MessagePattern('broken')
    broken() {
      return throwError(() => new RangeError('half of it'));
    }
    @MessagePattern('declined')
    declined() {
      throw new RpcException('no');
    }
    @UseGuards(new Refuse())
    @MessagePattern('guarded')
    guarded() {}
    @UsePipes(new Demand())
    @MessagePattern('piped')
    piped(@Payload() _value: number) {}
    @EventPattern('created')
    async created(@Payload() value: number) {
      await this.work.run(value);
    }
  }

  @Controller()
  class Gateway {
    constructor(@Inject('CLIENT') readonly client: ClientProxy) {}
    @Get('double')
    double() {
      return this.client.send('double', 4);
    }
    @Get('created')
    created() {
      return this.client.emit('created', 4);
    }
  }

  async function startService(methods = true) {
    const { AppModule, spans, named } = moduleOf({ controllers: [Messages], providers: [Work] }, methods);
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
    });
    await service.listen();
    cleanUp.push(() => service.close());
    const { port } = service.unwrap<{ address(): AddressInfo }>().address();
    return { spans, named, port };
  }

  async function startClient(port: number) {
    const options = { host: '127.0.0.1', port };
    const imports = [ClientsModule.register([{ name: 'CLIENT', transport: Transport.TCP, options }])];
    const { AppModule, spans, named } = moduleOf({ imports, controllers: [Gateway] });
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    const client = app.get<ClientProxy>('CLIENT');
    return { spans, named, client, url: await app.getUrl(), ferret: app.get<Ferret>(FERRET) };
  }

  it("is a part of its caller's trace, and the handler and its services are below it", async () => {
    const service = await startService();
    const { named, url } = await startClient(service.port);
    expect(await (await fetch(`${url}/double`)).text()).toBe('8');
    const [request, call] = [await named('GET /double'), await named('rpc double')];
    expect(call).toMatchObject({ kind: 'client', outcome: 'ok', traceId: request?.traceId });
    const root = await service.named('rpc double');
    expect(root).toMatchObject({
      kind: 'server',
      outcome: 'ok',
      traceId: request?.traceId,
      parentId: call?.spanId,
      attributes: { 'rpc.method': 'double', 'nestjs.transport': 'tcp' },
    });
    const [work, handler] = [await service.named('Work.run'), await service.named('Messages.double')];
    expect([work?.parentId, handler?.parentId]).toEqual([handler?.spanId, root?.spanId]);
  });

  it('is a consumer of its own, linked to the sender, if it is an event', async () => {
    const service = await startService(false);
    const { named, url } = await startClient(service.port);
    await fetch(`${url}/created`);
    const [sender, root] = [await named('Gateway.created'), await service.named('process created')];
    expect(root).toMatchObject({ kind: 'consumer', outcome: 'ok', parentId: undefined });
    expect(root?.links).toMatchObject([{ traceId: sender?.traceId, spanId: sender?.spanId }]);
    expect(await service.spans()).toHaveLength(1);
  });

  it('has the outcome and the exception of its handler, its guards and its pipes', async () => {
    const service = await startService();
    const { client } = await startClient(service.port);
    expect(await lastValueFrom(client.send({ cmd: 'stream' }, 0))).toBe(3);
    for (const [pattern, type] of [
      ['broken', 'RangeError'],
      ['declined', 'RpcException'],
      ['guarded', 'ForbiddenException'],
      ['piped', 'BadRequestException'],
    ] as const) {
      await expect(lastValueFrom(client.send(pattern, 0))).rejects.toBeTruthy();
      expect(await service.named(`rpc ${pattern}`)).toMatchObject({ outcome: 'error', errorType: type });
    }
    expect(await service.named('rpc {"cmd":"stream"}')).toMatchObject({ outcome: 'ok' });
  });
});

it.skipIf(redis === undefined)('a message over Redis is a part of its trace, or linked to its sender', async () => {
  @Controller()
  class Messages {
    @MessagePattern('double')
    double(@Payload() value: number) {
      return value * 2;
    }
    @EventPattern('created')
    created(@Payload() _value: number) {}
  }
  const { port, stop } = await redis!.start();
  cleanUp.push(stop);
  const transport = { transport: Transport.REDIS, options: { host: '127.0.0.1', port } } as const;
  const imports = [ClientsModule.register([{ name: 'CLIENT', ...transport }])];
  const { AppModule, named } = moduleOf({ imports, controllers: [Messages] });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, { ...transport, logger: false });
  await app.listen();
  cleanUp.push(() => app.close());
  const client = app.get<ClientProxy>('CLIENT');
  const span = app.get<Ferret>(FERRET).start('caller');
  expect(await runWith(span, () => lastValueFrom(client.send('double', 4)))).toBe(8);
  await runWith(span, () => lastValueFrom(client.emit('created', 4)));
  span.end();
  await named('process created');
  const handler = await named('Messages.double');
  expect(handler?.traceId).toBe(span.traceId);
  expect(await named('process created')).toMatchObject({
    kind: 'consumer',
    parentId: undefined,
    attributes: { 'messaging.system': 'redis', 'messaging.destination.name': 'created' },
    links: [{ traceId: span.traceId, spanId: span.spanId }],
  });
});

it('a message of a WebSocket is a root with outcome and exception', async () => {
  @WebSocketGateway()
  class Gateway {
    constructor(@Inject(Work) readonly work: Work) {}
    @SubscribeMessage('double')
    async double(@MessageBody() value: number) {
      return { event: 'doubled', data: await this.work.run(value) };
    }
    @SubscribeMessage('broken')
    broken() {
      throw new WsException('no');
    }
    @UsePipes(new Demand())
    @SubscribeMessage('piped')
    piped(@MessageBody() _value: number) {}
  }
  const { AppModule, named } = moduleOf({ providers: [Gateway, Work] });
  const app = await NestFactory.create(AppModule, { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  cleanUp.push(() => app.close());
  const socket = new WebSocket((await app.getUrl()).replace('http', 'ws'));
  cleanUp.push(() => socket.terminate());
  await once(socket, 'open');
  socket.send(JSON.stringify({ event: 'double', data: 4 }));
  const [answer] = await once(socket, 'message');
  expect(JSON.parse(String(answer))).toEqual({ event: 'doubled', data: 8 });
  const root = await named('ws double');
  expect(root).toMatchObject({ kind: 'server', outcome: 'ok', parentId: undefined });
  expect((await named('Gateway.double'))?.parentId).toBe(root?.spanId);
  for (const [event, type] of [
    ['broken', 'WsException'],
    ['piped', 'BadRequestException'],
  ]) {
    socket.send(JSON.stringify({ event, data: 1 }));
    await once(socket, 'message');
    expect(await named(`ws ${event}`)).toMatchObject({ outcome: 'error', errorType: type });
  }
});

it('jobs of @nestjs/schedule are roots with outcome and exception', async () => {
  @Injectable()
  class Reports {
    constructor(@Inject(Work) readonly work: Work) {}
    @Interval('refresh', 5)
    async refresh() {
      await this.work.run(1);
    }
    @Timeout(1)
    once() {
      throw new RangeError('no');
    }
    @Cron('* * * * * *')
    async nightly() {
      return this.helper();
    }
    private helper() {}
  }
  const { AppModule, named } = moduleOf({ imports: [ScheduleModule.forRoot()], providers: [Reports, Work] });
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  cleanUp.push(() => app.close());
  const interval = await named('interval refresh');
  expect(interval).toMatchObject({ outcome: 'ok', parentId: undefined });
  expect(interval?.attributes).toEqual({ 'nestjs.type': 'interval', 'code.function.name': 'Reports.refresh' });
  expect((await named('Work.run'))?.parentId).toBe(interval?.spanId);
  expect(await named('timeout Reports.once')).toMatchObject({ outcome: 'error', errorType: 'RangeError' });
  const helper = await named('Reports.helper');
  expect((await named('cron Reports.nightly'))?.spanId).toBe(helper?.parentId);
});

it('jobs of queues are roots, linked to what added them, and not where the queue has a span of its own', async () => {
  // The metadata of `@Processor()` and `@Process()` of @nestjs/bullmq and @nestjs/bull.
  const Processor = (key: string, queue: unknown): ClassDecorator => {
    return (target) => Reflect.defineMetadata(key, queue, target);
  };
  const Process =
    (): MethodDecorator =>
    (_target, _key, { value }) =>
      Reflect.defineMetadata('bull:module_queue_process', {}, value as object);
  @Processor('bullmq:processor_metadata', { name: 'emails' })
  @Injectable()
  class Emails {
    async process(_job: object) {}
  }
  @Processor('bull:module_queue', { name: 'images' })
  @Injectable()
  class Images {
    @Process()
    async resize() {
      throw new RangeError('too large');
    }
  }
  @Injectable()
  class Others {
    async process() {}
  }
  const { AppModule, named, spans } = moduleOf({ providers: [Emails, Images, Others] });
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  cleanUp.push(() => app.close());
  const link = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
  const metadata = JSON.stringify({ traceparent: `00-${link.traceId}-${link.spanId}-01` });
  await app.get(Emails).process({ opts: { telemetry: { metadata } } });
  await expect(app.get(Images).resize()).rejects.toThrow('too large');
  await app.get(Others).process();
  expect(await named('process emails')).toMatchObject({
    kind: 'consumer',
    outcome: 'ok',
    attributes: { 'messaging.system': 'bullmq', 'messaging.destination.name': 'emails' },
    links: [link],
  });
  expect(await named('process images')).toMatchObject({ kind: 'consumer', outcome: 'error', errorType: 'RangeError' });
  const queue = app.get<Ferret>(FERRET).start('process emails', { kind: 'consumer' });
  await runWith(queue, () => app.get(Emails).process({}));
  queue.end();
  expect((await named('Emails.process'))?.parentId).toBe(queue.spanId);
  expect(await spans()).toHaveLength(4);
});
