import { defaultFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { ferret as ferretForExpress } from '@ferretjs/express';
import { type CanActivate, Controller, Get, type MiddlewareConsumer, Module, Post, UseGuards } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import express from 'express';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { Annotate, FERRET, FerretModule, NoTrace } from './index.js';
import { cleanUp, PLATFORMS, recorder } from './recorder.fixture.js';

class Never implements CanActivate {
  canActivate() {
    return false;
  }
}

@Annotate({ team: 'growth' })
@Controller('users')
class Users {
  @Get(':id')
  show() {
    return 'fine';
  }
  @Post()
  create() {}
  @NoTrace()
  @Get(':id/ping')
  ping() {}
  @UseGuards(new Never())
  @Get(':id/secret')
  secret() {}
}

describe.each(Object.entries(PLATFORMS))('Nest on %s', (platform, adapter) => {
  const isFastify = platform === 'Fastify';

  async function exchange(server: Parameters<typeof supertest>[0]) {
    const { get, post } = supertest(server);
    await get('/users/1').expect(200, 'fine');
    await get('/users/1/ping').expect(200);
    await get('/users/1/secret').expect(403);
    await get('/nothing').expect(404);
    await post('/users').set('content-type', 'application/json').send('{bad').expect(400);
  }

  const EXPECTED = [
    ['GET /users/:id', 200, 'growth'],
    ['GET /users/:id/secret', 403, 'growth'],
    ['GET', 404, undefined],
    ['POST', 400, undefined],
  ];

  function moduleWith(ferret: Ferret) {
    @Module({ imports: [FerretModule.forRoot(ferret)], controllers: [Users] })
    class AppModule {}
    return AppModule;
  }

  it('A22: starts with every version of Nest that the range of the package allows, and records', async () => {
    const { ferret, spans, diagnostics } = recorder();
    const app = await NestFactory.create(moduleWith(ferret), adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    cleanUp.push(() => app.close());
    await exchange(app.getHttpServer());
    const seen = (await spans(4)).map(({ name, httpStatusCode, attributes }) => [
      name,
      httpStatusCode,
      attributes['team'],
    ]);
    expect(seen).toEqual(EXPECTED);
    expect(diagnostics).toEqual([]);
  });

  it('A22: starts in a testing module, whose adapter arrives late', async () => {
    const { ferret, spans, diagnostics } = recorder();
    const module = await Test.createTestingModule({ imports: [moduleWith(ferret)] }).compile();
    const app = module.createNestApplication(adapter(), { logger: false });
    await app.init();
    if (isFastify) await app.getHttpAdapter().getInstance().ready();
    cleanUp.push(() => app.close());
    await exchange(app.getHttpServer());
    const seen = (await spans(4)).map(({ name, httpStatusCode, attributes }) => [
      name,
      httpStatusCode,
      attributes['team'],
    ]);
    expect(seen).toEqual(EXPECTED);
    expect(diagnostics).toEqual([]);
  });

  it('A22: starts without an adapter, and ignores one of another platform', async () => {
    const { ferret } = recorder();
    const context = await NestFactory.createApplicationContext(moduleWith(ferret), { logger: false });
    await context.close();
    const module = await Test.createTestingModule({ imports: [moduleWith(ferret)] }).compile();
    await module.init();
    await module.close();
  });

  it.each(['before init', 'before listen', 'after listen'])('A27: may be loaded late, %s', async (when) => {
    const { ferret, diagnostics } = recorder();
    @Module({ controllers: [Users] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, adapter(), { logger: false });
    cleanUp.push(() => app.close());
    const load = () => app.get(LazyModuleLoader).load(() => FerretModule.forRoot(ferret));
    if (when === 'before init') await load();
    await app.init();
    if (when === 'before listen') await load();
    await app.listen(0, '127.0.0.1');
    if (when === 'after listen') {
      const module = await load();
      expect(module.get(FERRET)).toBe(ferret);
      expect(diagnostics).toMatchObject([
        { code: 'NOT_TRACED', message: expect.stringContaining('in the root module') },
      ]);
    }
    await supertest(app.getHttpServer()).get('/users/1').expect(200, 'fine');
    await supertest(app.getHttpServer()).get('/nothing').expect(404);
  });
});

it('A30: explains that forRoot is missing', async () => {
  @Module({ imports: [FerretModule] })
  class AppModule {}
  const created = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await expect(created).rejects.toThrow('Import FerretModule.forRoot() in the root module');
});

describe('A24: applications that come and go', () => {
  type Options = Parameters<typeof FerretModule.forRoot>[0];

  async function start(options?: Options) {
    @Module({ imports: [FerretModule.forRoot(options)], controllers: [Users] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.init();
    let isOpen = true;
    const close = async () => {
      if (isOpen) await app.close();
      isOpen = false;
    };
    cleanUp.push(close);
    const ferret = app.get<Ferret>(FERRET);
    /** Expects that a request is recorded. */
    const records = async () => {
      const { stored } = ferret.stats();
      await supertest(app.getHttpServer()).get('/users/1').expect(200);
      await expect.poll(() => ferret.flush().then(() => ferret.stats().stored)).toBe(stored + 1);
      expect(ferret.stats().dropped.closed).toBe(0);
    };
    return { ferret, close, records };
  }

  const isClosed = (ferret: Ferret) => (ferret as Ferret & { readonly isClosed: boolean }).isClosed;

  /** Options that become the process's default, once that of the previous test is closed. */
  const options = (runId: string) => ({ runId, sink: new MemorySink(), onDiagnostic: () => {} });

  it('all keep recording, whichever closes first; the last one closes the instance made from options', async () => {
    for (const first of [0, 1, 2]) {
      await defaultFerret().close();
      const apps = [await start(options('shared')), await start(), await start(defaultFerret())] as const;
      const { ferret } = apps[0];
      expect(new Set(apps.map((app) => app.ferret))).toEqual(new Set([ferret]));
      const order = [apps[first]!, ...apps.filter((_, index) => index !== first)];
      for (const [index, app] of order.entries()) {
        for (const other of order.slice(index)) await other.records();
        await app.close();
        expect(isClosed(ferret)).toBe(index === 2);
      }
    }
  });

  it('one that starts after the default was closed gets a new one with the same options', async () => {
    await defaultFerret().close();
    const first = await start(options('again'));
    await first.close();
    const second = await start();
    expect([second.ferret === first.ferret, second.ferret.runId]).toEqual([false, 'again']);
    await second.records();
  });

  it('an Express application that took the default keeps it open', async () => {
    await defaultFerret().close();
    const nest = await start(options('shared'));
    const app = express();
    app.use(ferretForExpress());
    app.get('/', (_request, response) => void response.send('ok'));
    await nest.close();
    await supertest(app).get('/').expect(200);
    await expect
      .poll(() => nest.ferret.flush().then(() => nest.ferret.stats()))
      .toMatchObject({ stored: 1, started: 1 });
  });

  it('one with its own options closes only its own instance', async () => {
    await defaultFerret().close();
    const first = await start(options('first'));
    const second = await start(options('second'));
    const third = await start();
    await second.close();
    expect([first, second, third].map(({ ferret }) => isClosed(ferret))).toEqual([false, true, false]);
    await first.close();
    await third.records();
  });
});

it('A32: responses of middleware are recorded, over a socket and by inject()', async () => {
  const { ferret, spans } = recorder();
  @Module({ imports: [FerretModule.forRoot(ferret)], controllers: [Users] })
  class AppModule {
    configure(consumer: MiddlewareConsumer) {
      consumer
        .apply((_request: unknown, response: { writeHead(status: number): { end(): void } }) => {
          response.writeHead(401).end();
        })
        .forRoutes('closed');
    }
  }
  const app = await NestFactory.create(AppModule, PLATFORMS.Fastify(), { logger: false });
  await app.listen(0, '127.0.0.1');
  cleanUp.push(() => app.close());
  for (const path of ['/closed', '/users/1', '/nothing']) {
    await supertest(app.getHttpServer()).get(path);
    await app.getHttpAdapter().getInstance().inject({ url: path });
  }
  const seen = (await spans(6)).map(({ name, httpStatusCode, outcome }) => [name, httpStatusCode, outcome]);
  expect(seen).toEqual(
    [
      ['GET', 401, 'ok'],
      ['GET /users/:id', 200, 'ok'],
      ['GET', 404, 'ok'],
    ].flatMap((span) => [span, span]),
  );
});
