import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { currentSpan, type Ferret } from '@ferretjs/core';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FerretModule, InjectFerret } from './index.js';
import { cleanUp, recorder } from './recorder.fixture.js';

type Done = () => void;

@Controller('users')
class Users {
  constructor(@InjectFerret() readonly ferret: Ferret) {}
  @Get(':id')
  show() {
    return this.ferret.measure('SELECT user', () => 'fine');
  }
}

/** Calls back from outside of any request, like the client of a session store. */
let elsewhere: Done[] = [];
let timer: NodeJS.Timeout;
beforeEach(() => {
  timer = setInterval(() => {
    for (const done of elsewhere.splice(0)) done();
  }, 1);
});
afterEach(() => clearInterval(timer));

async function start(adapter = new FastifyAdapter()) {
  elsewhere = [];
  const { ferret, spans, diagnostics } = recorder();
  @Module({ imports: [FerretModule.forRoot(ferret)], controllers: [Users] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, adapter, { logger: false });
  cleanUp.push(() => app.close());
  return { app, ferret, spans, diagnostics, fastify: app.getHttpAdapter().getInstance() };
}

it.each(['onRequest', 'preValidation', 'preHandler'] as const)(
  "A17: a handler behind a %s hook that calls back from elsewhere is in its request's span",
  async (name) => {
    const { app, spans, fastify } = await start();
    fastify.addHook(name, (_request: unknown, _reply: unknown, done: Done) => void elsewhere.push(done));
    await app.listen(0, '127.0.0.1');
    await supertest(app.getHttpServer()).get('/users/1').expect(200, 'fine');
    const [child, request] = await spans(2);
    expect(request).toMatchObject({ name: 'GET /users/:id', isLocalRoot: true });
    expect(child).toMatchObject({ name: 'SELECT user', parentId: request?.spanId });
  },
);

it("keeps the adapter's own request hook, whenever it is set", async () => {
  const calls: string[] = [];
  const adapter = new FastifyAdapter();
  // Later versions of Nest 11 have this hook.
  if (!('setOnRequestHook' in adapter)) return;
  adapter.setOnRequestHook((_request, _reply, done) => {
    calls.push(`early ${currentSpan() !== undefined}`);
    done();
  });
  const { app, spans } = await start(adapter);
  await app.listen(0, '127.0.0.1');
  await supertest(app.getHttpServer()).get('/users/1').expect(200);
  adapter.setOnRequestHook(async (_request, _reply, done) => {
    calls.push('late');
    done();
  });
  await supertest(app.getHttpServer()).get('/users/2').expect(200);
  await adapter.getInstance().inject({ url: '/users/3' });
  expect(calls).toEqual(['early true', 'late', 'late']);
  expect((await spans(6)).filter(({ isLocalRoot }) => isLocalRoot)).toHaveLength(3);
});

it('shows the listeners of the server as the application added them', async () => {
  const seen: string[] = [];
  const note = (name: string) => (request: IncomingMessage, _response: ServerResponse) => {
    seen.push(`${name} ${request.url} ${currentSpan() !== undefined}`);
  };
  const [first, only, last] = [note('first'), note('once'), note('last')];
  const adapter = new FastifyAdapter();
  const server: Server = adapter.getInstance().server;
  const [own] = server.listeners('request');
  server.prependListener('request', first);
  server.once('request', only);
  server.on('request', last);
  const before = server.listeners('request');
  const { app, spans } = await start(adapter);
  expect(server.listeners('request')).toEqual(before);
  expect(before).toEqual([first, own, only, last]);
  await app.listen(0, '127.0.0.1');
  await supertest(server).get('/users/1').expect(200, 'fine');
  expect(server.listeners('request')).toEqual([first, own, last]);
  server.off('request', first);
  server.off('request', last);
  await supertest(server).get('/users/2').expect(200, 'fine');
  expect(seen).toEqual(['first /users/1 true', 'once /users/1 false', 'last /users/1 true']);
  expect(server.listeners('request')).toEqual([own]);
  expect((await spans(4)).filter(({ isLocalRoot }) => isLocalRoot)).toHaveLength(2);
  const [closed] = [once(server, 'close'), await app.close()];
  await closed;
});
