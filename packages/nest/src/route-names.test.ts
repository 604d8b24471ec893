import { Body, Controller, Get, Inject, type MiddlewareConsumer, Module, Post, RequestMethod } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import supertest from 'supertest';
import { expect, it } from 'vitest';
import { FerretModule } from './index.js';
import { cleanUp, PLATFORMS, recorder } from './recorder.fixture.js';

type Answer = (request: unknown, response: { writeHead(status: number): { end(): void } }) => void;

const answer: Answer = (_request, response) => void response.writeHead(401).end();

const send = (_request: unknown, response: { send(text: string): void }) => response.send('raw');

@Controller('users')
class Users {
  @Get(':id')
  show() {
    return 'fine';
  }
  @Post()
  create(@Body() body: unknown) {
    return body;
  }
}

@Controller('guarded')
class Guarded {
  @Get(':id')
  show() {
    return 'never';
  }
}

@Controller('files')
class Files {
  @Get('*')
  show() {
    return 'file';
  }
}

/** Requests, and their names on each platform. */
const EXCHANGES: readonly [
  method: 'get' | 'post' | 'head',
  path: string,
  status: number,
  name: string,
  body?: string,
][] = [
  ['get', '/api/users/7', 200, 'GET /api/users/:id'],
  ['head', '/api/users/7', 200, 'HEAD /api/users/:id'],
  ['post', '/api/users', 201, 'POST /api/users', '{"a":1}'],
  ['post', '/api/users', 400, 'POST', '{bad'],
  ['post', '/api/users', 413, 'POST', `"${'x'.repeat(2 ** 20)}"`],
  ['get', '/api/guarded/7', 401, 'GET'],
  ['get', '/api/closed', 401, 'GET'],
  ['get', '/api/shared', 200, 'GET /api/shared'],
  ['get', '/api/nothing', 404, 'GET'],
  ['post', '/api/users/7', 404, 'POST'],
  ['get', '/nothing', 404, 'GET'],
  ['get', '/api/files/a/b.txt', 200, 'GET /api/files/*'],
  ['get', '/api/files/closed', 401, 'GET'],
  ['get', '/raw/7', 200, 'GET /raw/:id'],
];

async function namesOn(platform: keyof typeof PLATFORMS): Promise<[string, number | undefined][]> {
  const { ferret, spans } = recorder();
  @Module({ imports: [FerretModule.forRoot(ferret)], controllers: [Users, Guarded, Files] })
  class AppModule {
    constructor(@Inject(HttpAdapterHost) readonly host: HttpAdapterHost) {}
    // A route behind middleware of the same path, as in GraphQL's drivers.
    onModuleInit() {
      this.host.httpAdapter.get('/api/shared', send);
    }
    configure(consumer: MiddlewareConsumer) {
      consumer
        .apply((_request: unknown, _response: unknown, next: () => void) => next())
        .forRoutes('*path')
        .apply((_request: unknown, _response: unknown, next: () => void) => next())
        .forRoutes(Users)
        .apply((_request: unknown, _response: unknown, next: () => void) => next())
        .forRoutes('shared', 'raw')
        .apply(answer)
        .forRoutes(Guarded, { path: 'files/closed', method: RequestMethod.GET })
        .apply(answer)
        .forRoutes('closed');
    }
  }
  const app = await NestFactory.create(AppModule, PLATFORMS[platform](), { logger: false });
  app.setGlobalPrefix('api');
  app.getHttpAdapter().get('/raw/:id', send);
  await app.listen(0, '127.0.0.1');
  cleanUp.push(() => app.close());
  for (const [method, path, status, , body] of EXCHANGES) {
    const request = supertest(app.getHttpServer())[method](path);
    await (body === undefined ? request : request.set('content-type', 'application/json').send(body)).expect(status);
  }
  const seen = await spans(EXCHANGES.length);
  return seen.map(({ name, httpStatusCode }) => [name, httpStatusCode]);
}

it('A29: a request has the same name on Express and on Fastify: the template of its handler, or none', async () => {
  const expected = EXCHANGES.map(([, , status, name]) => [name, status]);
  expect(await namesOn('Express')).toEqual(expected);
  expect(await namesOn('Fastify')).toEqual(expected);
});
