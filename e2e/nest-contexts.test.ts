import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createFerret, currentSpan, type Span } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Annotate, CurrentSpan, FerretModule, Measure } from '@ferretjs/nest';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { lastValueFrom, of } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

@Injectable()
class Numbers {
  @Measure()
  async double(value: number) {
    await Promise.resolve();
    return value * 2;
  }

  @Measure()
  upTo(value: number) {
    return of(...Array.from({ length: value }, (_, index) => index + 1));
  }
}

/** The module of an application, and the names of the spans it has stored. */
function moduleOf(metadata: ModuleMetadata) {
  const sink = new MemorySink();
  const instance = createFerret({ sink });
  cleanUp.push(() => instance.close());
  @Module({
    ...metadata,
    imports: [FerretModule.forRoot(instance), ...(metadata.imports ?? [])],
    providers: [Numbers, ...(metadata.providers ?? [])],
  })
  class AppModule {}
  const spans = async () => {
    await instance.flush();
    return sink.spans;
  };
  const names = async () => (await spans()).map(({ name }) => name);
  return { AppModule, names, spans };
}

/** As applications use them, where no request is: Ferret lets everything through, and `@Measure` measures. */
describe('a context that is not HTTP', () => {
  it('may be a message handler of a microservice', async () => {
    @Annotate({ ignored: true })
    @Controller()
    class Messages {
      constructor(@Inject(Numbers) readonly numbers: Numbers) {}
      @MessagePattern('double')
      double(@Payload() value: number, @CurrentSpan() span: Span | undefined) {
        expect(span).toBe(currentSpan());
        return this.numbers.double(value);
      }
      @MessagePattern('upTo')
      upTo(@Payload() value: number) {
        return this.numbers.upTo(value);
      }
      @MessagePattern('broken')
      broken() {
        throw new Error('no');
      }
    }
    const { AppModule, names } = moduleOf({ controllers: [Messages] });
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
    });
    await service.listen();
    cleanUp.push(() => service.close());
    const server = service.unwrap<{ address(): AddressInfo }>();
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: server.address().port },
    });
    cleanUp.push(() => client.close());
    expect(await lastValueFrom(client.send('double', 4))).toBe(8);
    expect(await lastValueFrom(client.send('upTo', 3))).toBe(3);
    await expect(lastValueFrom(client.send('broken', 0))).rejects.toMatchObject({ message: 'Internal server error' });
    await expect.poll(names).toEqual(['Numbers.double', 'rpc double', 'Numbers.upTo', 'rpc upTo', 'rpc broken']);
  });

  it('may be a WebSocket gateway', async () => {
    @WebSocketGateway()
    class Gateway {
      constructor(@Inject(Numbers) readonly numbers: Numbers) {}
      @SubscribeMessage('double')
      async double(@MessageBody() value: number) {
        return { event: 'doubled', data: await this.numbers.double(value) };
      }
      @SubscribeMessage('broken')
      broken() {
        throw new WsException('no');
      }
    }
    const { AppModule, names } = moduleOf({ providers: [Gateway] });
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
    socket.send(JSON.stringify({ event: 'broken' }));
    const [failure] = await once(socket, 'message');
    expect(JSON.parse(String(failure))).toMatchObject({ event: 'exception', data: { message: 'no' } });
    await expect.poll(names).toEqual(['Numbers.double', 'ws double', 'ws broken']);
  });

  it('may be a GraphQL resolver, below the span of its request', async () => {
    const typeDefs = 'type Query { double(value: Float!): Float, broken: Float }';
    @Resolver()
    class NumbersResolver {
      constructor(@Inject(Numbers) readonly numbers: Numbers) {}
      @Query('double')
      double(@Args('value') value: number, @CurrentSpan() span: Span | undefined) {
        span?.rename('graphql double');
        return this.numbers.double(value);
      }
      @Query('broken')
      broken() {
        throw new Error('no');
      }
    }
    const { AppModule, spans } = moduleOf({
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, typeDefs })],
      providers: [NumbersResolver],
    });
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    const url = `${await app.getUrl()}/graphql`;
    const ask = async (query: string) => {
      const body = JSON.stringify({ query });
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return answer.json();
    };
    expect(await ask('{ double(value: 4) }')).toEqual({ data: { double: 8 } });
    expect(await ask('{ broken }')).toMatchObject({ errors: [{ message: 'no' }] });
    await vi.waitFor(async () => expect(await spans()).toHaveLength(3));
    const [child, first] = await spans();
    expect(child).toMatchObject({ name: 'Numbers.double', parentId: first?.spanId });
    expect(first).toMatchObject({ name: 'graphql double', httpStatusCode: 200 });
  });

  it('may be a job that a timer starts', async () => {
    @Injectable()
    class Jobs {
      runs = 0;
      @Interval(5)
      @Measure('nightly report')
      report() {
        this.runs++;
      }
    }
    const { AppModule, names } = moduleOf({ imports: [ScheduleModule.forRoot()], providers: [Jobs] });
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    cleanUp.push(() => app.close());
    await vi.waitFor(() => expect(app.get(Jobs).runs).toBeGreaterThan(1));
    expect((await names()).slice(0, 2)).toEqual(['nightly report', 'nightly report']);
  });
});
