import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFerret, currentSpan, type Ferret, type FerretOptions } from '@ferretjs/core';
import { annotate, ferret as forExpress } from '@ferretjs/express';
import { annotate as annotateKoa, ferret as forKoa } from '@ferretjs/koa';
import Router from '@koa/router';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFile } from '../child.js';
import { type Nest, nest11, nest12 } from '../contract/stacks/nest.js';
import { query } from '../database.js';
import { expectSound } from '../faults/invariants.js';
import { send } from '../traffic.js';

type Build = (ferret: Ferret) => RequestListener | Promise<RequestListener>;

/** Nothing but what goes first is kept. */
const FIRST_ONLY: FerretOptions = {
  rules: [{ route: '*', maxSpansPerSecond: 0 }],
  keepSlowerThanMillis: 60_000,
};

/** Sends requests, one after the other, and says what the file has of them. */
async function ask(build: Build, options: FerretOptions, paths: readonly string[]) {
  const database = temporaryFile();
  const ferret = createFerret({ database, shutdownHooks: false, maxSpansPerSecond: 1_000, ...options });
  onTestFinished(() => void ferret.close());
  const server = createServer(await build(ferret)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answers = await send((server.address() as AddressInfo).port, paths, 1);
  server.close();
  await once(server, 'close');
  const { ledger } = await ferret.close();
  const kept = await query<{ path: string; reason: string | null }>(
    database,
    `SELECT attributes ->> '$."url.path"' AS path, keep_reason AS reason FROM ferret_spans_v1 ORDER BY start_us`,
  );
  const [counted] = await query<{ count: number | null }>(database, 'SELECT sum(count) AS count FROM ferret_routes_v1');
  await expectSound(database);
  return {
    statuses: answers.map(({ status }) => status),
    kept: kept.map(({ path, reason }) => [path, reason]),
    counted: counted?.count ?? 0,
    ledger,
  };
}

function expressApp(ferret: Ferret): RequestListener {
  const app = express();
  app.use(forExpress(ferret));
  app.get('/plain', (_request, response) => void response.send('plain'));
  app.get('/asked', annotate({ 'ferret.keep': true }), (_request, response) => void response.send('asked'));
  app.get('/not-asked', annotate({ 'ferret.keep': false }), (_request, response) => void response.send('plain'));
  app.get('/deep', (_request, response) => {
    ferret.measure('step', () => currentSpan()?.annotate({ 'ferret.keep': true }));
    response.send('deep');
  });
  app.get(['/health', '/metrics'], (request, response) => {
    const { status = '200', millis = '0' } = request.query as Record<string, string>;
    setTimeout(() => response.status(Number(status)).end(), Number(millis));
  });
  app.get('/users/:id', (request, response) => void response.send(request.params.id));
  app.post('/users/:id', (request, response) => void response.send(request.params.id));
  app.get('/fail/:id', () => {
    throw new Error('failed');
  });
  app.use(((_error, _request, response, _next) => void response.status(500).end()) as express.ErrorRequestHandler);
  return app;
}

function koaApp(ferret: Ferret): RequestListener {
  const router = new Router()
    .get('/plain', (ctx) => {
      ctx.body = 'plain';
    })
    .get('/asked', annotateKoa({ 'ferret.keep': true }), (ctx) => {
      ctx.body = 'asked';
    });
  return new Koa().use(forKoa(ferret)).use(router.routes()).callback();
}

const nestApp =
  (nest: Nest): Build =>
  async (ferret) => {
    class Things {
      plain() {
        return 'plain';
      }
      asked() {
        return 'asked';
      }
    }
    const { Controller, Get, Module } = nest.common;
    Controller()(Things);
    const decorate = (key: 'plain' | 'asked', ...decorators: MethodDecorator[]) => {
      const descriptor = Object.getOwnPropertyDescriptor(Things.prototype, key)!;
      for (const decorator of decorators) decorator(Things.prototype, key, descriptor);
    };
    decorate('plain', Get('plain'));
    decorate('asked', Get('asked'), nest.ferret.Annotate({ 'ferret.keep': true }));
    class AppModule {}
    Module({ imports: [nest.ferret.FerretModule.forRoot(ferret)], controllers: [Things] })(AppModule);
    const app = await nest.core.NestFactory.create(AppModule, new nest.express.ExpressAdapter(), { logger: false });
    await app.init();
    return app.getHttpAdapter().getInstance();
  };

describe('ferret.keep', () => {
  it.each<[string, Build]>([
    ['Express', expressApp],
    ['Koa', koaApp],
    ['Nest 12', nestApp(nest12)],
    ['Nest 11', nestApp(nest11)],
  ])('keeps a request of %s when its route is annotated with it', async (_name, build) => {
    const { kept, ledger } = await ask(build, FIRST_ONLY, ['/plain', '/asked', '/plain']);
    expect(kept).toEqual([['/asked', 'asked']]);
    expect(ledger).toMatchObject({ started: 3, stored: 1, sampledOut: 2 });
  });

  it('keeps the whole trace, also when it is said deep within; and says nothing when it is false', async () => {
    const { kept, ledger } = await ask(expressApp, FIRST_ONLY, ['/deep', '/not-asked']);
    expect(kept).toEqual([
      ['/deep', 'asked'],
      [null, 'asked'],
    ]);
    expect(ledger).toMatchObject({ started: 3, stored: 2, sampledOut: 1 });
  });
});

describe('health checks', () => {
  const CHECKS = [
    '/health',
    '/metrics',
    '/health?status=204',
    '/health?status=503',
    '/health?status=404',
    '/health?millis=150',
    '/plain',
  ];

  it('that are quick and fine are counted, not kept; failures always are, and slow ones like any other', async () => {
    const { kept, counted, ledger } = await ask(expressApp, { keepSlowerThanMillis: 100 }, CHECKS);
    expect(kept).toEqual([
      ['/health', 'error'],
      ['/health', 'error'],
      ['/health', 'slow'],
      ['/plain', 'budget'],
    ]);
    expect(counted).toBe(CHECKS.length);
    expect(ledger).toMatchObject({ started: 7, stored: 4, sampledOut: 3 });
    const beyond = await ask(expressApp, FIRST_ONLY, CHECKS);
    expect(beyond.kept).toEqual([
      ['/health', 'error'],
      ['/health', 'error'],
    ]);
  });

  it('are like any other request if that is what the options say, or if everything is kept', async () => {
    for (const options of [{ keepHealthChecks: true }, { maxSpansPerSecond: Number.POSITIVE_INFINITY }]) {
      const { ledger } = await ask(expressApp, options, CHECKS);
      expect(ledger).toMatchObject({ started: 7, stored: 7 });
    }
  });
});

describe('ignore', () => {
  it.each<[string, FerretOptions['ignore']]>([
    ['a path', '/users/1'],
    ['a route', '/users/:id'],
    ['a function', (request) => request.url === '/users/1'],
  ])('by %s leaves no span and no count', async (_name, ignore) => {
    const { kept, counted, statuses, ledger } = await ask(expressApp, { ignore: ignore! }, ['/plain', '/users/1']);
    expect(statuses).toEqual([200, 200]);
    expect(kept).toEqual([['/plain', 'budget']]);
    expect(counted).toBe(1);
    expect(ledger.started).toBe(1);
  });
});

describe('rules', () => {
  it('give a route a budget of its own, with all the others in the general one', async () => {
    const rules = [
      { route: 'GET /users/:id', maxSpansPerSecond: 0 },
      { route: '/fail/*', maxSpansPerSecond: 0 },
    ];
    const { kept, counted } = await ask(expressApp, { rules, keepSlowerThanMillis: 60_000 }, [
      '/users/1',
      '/users/2',
      '/fail/1',
      '/plain',
    ]);
    expect(kept).toEqual([
      ['/fail/1', 'error'],
      ['/plain', 'budget'],
    ]);
    expect(counted).toBe(4);
  });

  it('say what is slow for a route', async () => {
    const rules = [{ route: '/health', keepSlowerThanMillis: 0.001 }];
    const { kept } = await ask(expressApp, { ...FIRST_ONLY, rules, keepHealthChecks: true }, ['/health', '/plain']);
    expect(kept).toEqual([
      ['/health', 'slow'],
      ['/plain', 'budget'],
    ]);
  });

  it('that match the same route are refused', () => {
    const rules = [{ route: '/users/*' }, { route: 'GET /users/:id' }];
    expect(() => createFerret({ rules })).toThrow(
      'rules[0] ("/users/*") and rules[1] ("GET /users/:id") match the same route. Give each route one rule.',
    );
  });
});
