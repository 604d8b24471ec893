import 'reflect-metadata';
import { once } from 'node:events';
import { createFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Annotate, FerretModule, NoTrace } from '@ferretjs/nest';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { resolve } from './graphql.fixture.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

const typeDefs = `
  type Team { name: String }
  type Query { team: Team broken: Int! }
  type Subscription { ticks: Int }
`;

/** Starts an application, and returns its address. */
async function start(ferret: Ferret, controllers: Type[], providers: Type[]) {
  @Module({
    imports: [
      FerretModule.forRoot(ferret),
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs,
        resolverValidationOptions: { requireResolversToMatchSchema: 'ignore' },
        subscriptions: { 'graphql-ws': true },
      }),
    ],
    controllers,
    providers,
  })
  class App {}
  const app = await NestFactory.create(App, { logger: false });
  cleanUp.push(() => app.close());
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

function createRecorder() {
  const sink = new MemorySink();
  const warnings: string[] = [];
  const ferret = createFerret({ sink, onDiagnostic: ({ message }) => warnings.push(message) });
  cleanUp.push(() => ferret.close());
  return { ferret, sink, warnings };
}

describe('decorators of requests', () => {
  it('A25: say at the start where they do nothing', async () => {
    @Annotate({ a: 1 })
    @Controller()
    class Messages {
      @NoTrace()
      @MessagePattern('quiet')
      quiet() {}
      @MessagePattern('plain')
      plain() {}
    }
    @WebSocketGateway()
    class Chat {
      @Annotate({ a: 1 })
      @SubscribeMessage('join')
      join() {}
    }
    @Resolver('Team')
    class Teams {
      @NoTrace()
      @ResolveField('name')
      name() {}
    }
    @Injectable()
    class Service {
      @NoTrace()
      work() {}
    }
    const { ferret, warnings } = createRecorder();
    await start(ferret, [Messages], [Chat, Teams, Service]);
    expect(warnings).toHaveLength(1);
    const where = [
      '@NoTrace() on Messages.quiet',
      '@Annotate() on Messages',
      '@Annotate() on Chat.join',
      '@NoTrace() on Teams.name',
      '@NoTrace() on Service.work',
    ];
    expect(warnings[0]).toContain(`Without effect: ${where.join(', ')}. `);
  });

  it('A25: say nothing where they work', async () => {
    @Annotate({ a: 1 })
    @Controller()
    class Both {
      @NoTrace()
      @Get('quiet')
      quiet() {}
      @MessagePattern('plain')
      plain() {}
    }
    @NoTrace()
    @Resolver('Team')
    class Teams {
      @Annotate({ a: 1 })
      @Query('team')
      team() {}
      @ResolveField('name')
      name() {}
    }
    const { ferret, warnings } = createRecorder();
    await start(ferret, [Both], [Teams]);
    expect(warnings).toEqual([]);
  });
});

describe('GraphQL over a WebSocket', () => {
  it('A25: works as without, and changes no span', async () => {
    @Resolver()
    class Root {
      @Annotate({ a: 1 })
      @Query('broken')
      broken() {
        return resolve.broken();
      }
      @NoTrace()
      @Subscription('ticks')
      async *ticks() {
        for (const ticks of [1, 2]) yield { ticks };
      }
    }
    const { ferret, sink } = createRecorder();
    const url = await start(ferret, [], [Root]);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    cleanUp.push(() => socket.terminate());
    const received: { type: string; id?: string; payload?: unknown }[] = [];
    socket.on('message', (data) => received.push(JSON.parse(String(data))));
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    for (const [id, query] of Object.entries({ a: 'subscription Ticks { ticks }', b: 'query Broken { broken }' })) {
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } }));
    }
    while (received.filter(({ type }) => type === 'complete').length < 2) await once(socket, 'message');
    const payloads = (of: string) => received.filter(({ id, type }) => id === of && type === 'next');
    expect(payloads('a')).toMatchObject([{ payload: { data: { ticks: 1 } } }, { payload: { data: { ticks: 2 } } }]);
    expect(payloads('b')).toMatchObject([{ payload: { data: null, errors: [{ message: 'db down' }] } }]);
    await ferret.flush();
    expect(sink.spans.filter(({ attributes }) => 'graphql.operation.type' in attributes)).toEqual([]);
  });
});
