import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createFerret, currentSpan, type Ferret, type Span } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Annotate, CurrentSpan, FerretModule, InjectFerret, Measure, NoTrace } from '@ferretjs/nest';
import { Controller, Get, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { lastValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

/**
 * Every decorator of the package in every context that Nest has, but for GraphQL's (graphql-decorators.test.ts): it
 * works, or the application says at its start that it does not.
 */

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

function moduleOf(metadata: ModuleMetadata) {
  const sink = new MemorySink();
  const diagnostics: { readonly code: string; readonly message: string }[] = [];
  const ferret: Ferret = createFerret({ sink, onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
  cleanUp.push(() => ferret.close());
  @Module({ ...metadata, imports: [FerretModule.forRoot(ferret)] })
  class AppModule {}
  const spans = async () => {
    await ferret.flush();
    return sink.spans.map(({ name, attributes }) => [name, attributes['team'], attributes['seen']]);
  };
  return { AppModule, diagnostics, spans };
}

const EVERYTHING_MEASURED = [
  ['work', undefined, true],
  ['double', undefined, true],
];

describe('A25: decorators', () => {
  it.each([
    ['Express', () => new ExpressAdapter()],
    ['Fastify', () => new FastifyAdapter()],
  ] as const)('all work in handlers of HTTP requests on %s', async (_platform, adapter) => {
    @Annotate({ team: 'growth' })
    @Controller()
    class Pages {
      constructor(@InjectFerret() readonly ferret: Ferret) {}
      @Get('loud')
      loud(@CurrentSpan() span: Span | undefined) {
        span?.annotate({ seen: span === currentSpan() });
        return this.double(2);
      }
      @NoTrace()
      @Get('quiet')
      quiet() {
        return this.double(2);
      }
      @Measure('double')
      double(value: number) {
        currentSpan()?.annotate({ seen: true });
        return this.ferret.measure('work', { seen: true }, () => String(value * 2));
      }
    }
    const { AppModule, diagnostics, spans } = moduleOf({ controllers: [Pages] });
    const app = await NestFactory.create(AppModule, adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    for (const path of ['/quiet', '/loud']) expect(await (await fetch((await app.getUrl()) + path)).text()).toBe('4');
    await expect.poll(spans).toEqual([...EVERYTHING_MEASURED, ['GET /loud', 'growth', true]]);
    expect(diagnostics).toEqual([]);
  });

  it('work in message handlers, or are named at the start', async () => {
    @Controller()
    class Messages {
      constructor(@InjectFerret() readonly ferret: Ferret) {}
      @Annotate({ team: 'growth' })
      @NoTrace()
      @MessagePattern('double')
      @Measure('double')
      double(@Payload() value: number, @CurrentSpan() span: Span | undefined) {
        currentSpan()?.annotate({ seen: span?.spanId === currentSpan()?.parentId });
        return this.ferret.measure('work', { seen: true }, () => value * 2);
      }
    }
    const { AppModule, diagnostics, spans } = moduleOf({ controllers: [Messages] });
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
    });
    await service.listen();
    cleanUp.push(() => service.close());
    const { port } = service.unwrap<{ address(): AddressInfo }>().address();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    cleanUp.push(() => client.close());
    expect(await lastValueFrom(client.send('double', 2))).toBe(4);
    await expect.poll(spans).toEqual([...EVERYTHING_MEASURED, ['rpc double', undefined, undefined]]);
    expect(diagnostics).toMatchObject([{ code: 'DECORATOR_IGNORED' }]);
    for (const what of ['@Annotate() on', '@NoTrace() on']) {
      expect(diagnostics[0]?.message).toContain(`${what} Messages.double`);
    }
  });

  it('work in gateways, or are named at the start', async () => {
    @NoTrace()
    @WebSocketGateway()
    class Gateway {
      constructor(@InjectFerret() readonly ferret: Ferret) {}
      @Annotate({ team: 'growth' })
      @SubscribeMessage('double')
      @Measure('double')
      double(@MessageBody() value: number, @CurrentSpan() span: Span | undefined) {
        currentSpan()?.annotate({ seen: span?.spanId === currentSpan()?.parentId });
        return { event: 'doubled', data: this.ferret.measure('work', { seen: true }, () => value * 2) };
      }
    }
    const { AppModule, diagnostics, spans } = moduleOf({ providers: [Gateway] });
    const app = await NestFactory.create(AppModule, { logger: false });
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    const socket = new WebSocket((await app.getUrl()).replace('http', 'ws'));
    cleanUp.push(() => socket.terminate());
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'double', data: 2 }));
    const [answer] = await once(socket, 'message');
    expect(JSON.parse(String(answer))).toEqual({ event: 'doubled', data: 4 });
    await expect.poll(spans).toEqual([...EVERYTHING_MEASURED, ['ws double', undefined, undefined]]);
    expect(diagnostics).toMatchObject([{ code: 'DECORATOR_IGNORED' }]);
    for (const what of ['@NoTrace() on Gateway', '@Annotate() on Gateway.double']) {
      expect(diagnostics[0]?.message).toContain(what);
    }
  });
});
