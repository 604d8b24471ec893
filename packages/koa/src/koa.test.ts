import { once } from 'node:events';
import { request as httpRequest, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createFerret, currentSpan, type Ferret, type FerretOptions } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import Router from '@koa/router';
import Koa3 from 'koa';
import mount from 'koa-mount';
import supertest from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { annotate, ferret, type KoaOptions, spanOf } from './index.js';
import { answer, KOAS, serve } from './serve.fixture.js';

describe.each(KOAS)('%s', (_version, Koa) => {
  const build = (options?: FerretOptions, koaOptions?: KoaOptions) => serve(Koa, options, koaOptions);

  describe('the route template', () => {
    it('includes nested routers, prefixes and parameters in the mount', async () => {
      const { app, routes } = build();
      const users = new Router({ prefix: '/users' });
      users.get('/', answer).get('/:id', answer);
      const tenants = new Router({ prefix: '/api' });
      tenants.use('/t/:tenant', users.routes());
      tenants.get('/', answer);
      app.use(tenants.routes());
      expect(await routes('/api/t/acme/users/7?x=1', '/api/t/acme/users', '/api')).toEqual([
        '/api/t/:tenant/users/:id',
        '/api/t/:tenant/users',
        '/api',
      ]);
    });

    it('includes the paths of koa-mount, also nested ones', async () => {
      const { app, routes } = build();
      const router = new Router().get('/', answer).get('/cats/:id', answer);
      const inner = new Koa().use(new Router().get('/dogs', answer).routes());
      inner.use(mount('/v1', new Koa().use(router.routes())));
      app.use(mount('/nothing', answer));
      app.use(mount('/api/', inner));
      app.use(mount('/api', inner));
      expect(await routes('/api/v1/cats/7', '/api/v1', '/api/v1/', '/api/dogs?x=/api')).toEqual([
        '/api/v1/cats/:id',
        '/api/v1',
        '/api/v1',
        '/api/dogs',
      ]);
    });

    const mounted = (instance: Ferret) =>
      new Koa().use(ferret(instance)).use(new Router().get('/x/:id', answer).routes());
    const onRouter = (instance: Ferret) => new Router().use(ferret(instance)).get('/sub/x/:id', answer).routes();
    const onRoute = (instance: Ferret) => new Router().get('/sub/x/:id', ferret(instance), answer).routes();
    it.each<[string, (instance: Ferret) => RequestListener]>([
      ['below a mount', (instance) => new Koa().use(mount('/sub', mounted(instance))).callback()],
      ['on a router', (instance) => new Koa().use(onRouter(instance)).callback()],
      ['on a route', (instance) => new Koa().use(onRoute(instance)).callback()],
    ])('is known from the first request on, with Ferret %s', async (_where, build) => {
      const sink = new MemorySink();
      const instance = createFerret({ sink });
      const callback = build(instance);
      for (const id of [1, 2]) await supertest(callback).get(`/sub/x/${id}`).expect(200, 'ok');
      await vi.waitFor(async () => {
        await instance.flush();
        expect(sink.spans.map(({ name }) => name)).toEqual(['GET /sub/x/:id', 'GET /sub/x/:id']);
      });
      await instance.close();
    });

    it('has no concrete value that a rewrite removed from the path', async () => {
      const { app, routes } = build();
      app.use((ctx, next) => {
        ctx.path = ctx.path.replace('/tenant-7', '');
        return next();
      });
      const router = new Router().get('/cats/:id', answer);
      app.use(mount('/api', new Koa().use(router.routes())));
      app.use(router.routes());
      expect(await routes('/tenant-7/cats/1', '/tenant-7/api/cats/1')).toEqual(['/cats/:id', '/cats/:id']);
    });

    it('is the route, even if middleware of the router answered before it', async () => {
      const { app, routes } = build();
      const router = new Router();
      router.use('/admin', (ctx) => ctx.throw(401));
      router.get('/admin/:page', answer);
      router.get(/^\/files\/(.+)/, answer);
      app.use(router.routes()).use(router.allowedMethods());
      expect(await routes('/admin/users', '/files/a', '/nowhere')).toEqual([
        '/admin/:page',
        '/^\\/files\\/(.+)/',
        undefined,
      ]);
    });

    it('is that of a route that threw or answered 404', async () => {
      const { app, sink, routes } = build();
      const router = new Router({ prefix: '/users/:tenant' });
      router.get('/:id/boom', () => {
        throw new RangeError('boom');
      });
      router.get('/:id/gone', (ctx) => ctx.throw(404));
      app.use(router.routes());
      expect(await routes('/users/acme/1/boom', '/users/acme/1/gone')).toEqual([
        '/users/:tenant/:id/boom',
        '/users/:tenant/:id/gone',
      ]);
      expect(sink.spans).toMatchObject([
        {
          name: 'GET /users/:tenant/:id/boom',
          outcome: 'error',
          httpStatusCode: 500,
          errorType: '500',
          attributes: { 'exception.type': 'RangeError' },
        },
        { outcome: 'ok', httpStatusCode: 404, errorType: undefined },
      ]);
    });

    it('is the result of the option routeOf, for other routers', async () => {
      const { app, routes } = build({}, { routeOf: (ctx) => ctx.state['route'] });
      app.use((ctx) => {
        ctx.state['route'] = '/things/:id';
        ctx.status = 204;
      });
      expect(await routes('/things/7')).toEqual(['/things/:id']);
    });

    it('is missing if routeOf throws, and nothing else is (FAULTS 28)', async () => {
      const { app, server, span } = build(
        {},
        {
          routeOf: () => {
            throw new Error('broken');
          },
        },
      );
      app.use(answer);
      await supertest(server).get('/x').expect(200, 'ok');
      expect(await span()).toMatchObject({
        name: 'GET',
        httpStatusCode: 200,
        attributes: { 'ferret.route_error': expect.stringContaining('broken') },
      });
    });
  });

  describe('the outcome', () => {
    it('waits for a streamed body', async () => {
      const { app, server, span } = build();
      app.use((ctx) => {
        ctx.body = Readable.from(
          (async function* () {
            yield 'a';
            await new Promise((resolve) => setTimeout(resolve, 30));
            yield 'b';
          })(),
        );
      });
      await supertest(server).get('/').expect(200);
      expect((await span()).durationNanos).toBeGreaterThan(25e6);
    });

    it('is error, with the exception, when the stream breaks', async () => {
      const { app, server, span } = build();
      app.use((ctx) => {
        ctx.body = new Readable({
          read() {
            this.destroy(new SyntaxError('broken pipe'));
          },
        });
      });
      await supertest(server)
        .get('/')
        .catch(() => {});
      expect(await span()).toMatchObject({ outcome: 'error', attributes: { 'exception.type': 'SyntaxError' } });
    });

    it('is that of the response sent by hand if ctx.respond is false', async () => {
      const { app, server, span } = build();
      app.use((ctx) => {
        ctx.respond = false;
        ctx.res.writeHead(200).end('by hand');
      });
      await supertest(server).get('/').expect(200, 'by hand');
      expect(await span()).toMatchObject({ outcome: 'ok', httpStatusCode: 200 });
    });

    it('is aborted when the client goes away', async () => {
      const { app, server, span } = build();
      app.use(() => new Promise(() => {}));
      if (!server.listening) await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const request = httpRequest({ port, path: '/x' }).on('error', () => {});
      request.end();
      await once(server, 'request');
      request.destroy();
      expect(await span()).toMatchObject({ outcome: 'aborted', httpStatusCode: undefined });
    });

    it('includes the exception that a middleware of the application answered', async () => {
      const { app, server, span } = build();
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch {
          ctx.status = 503;
        }
      });
      app.use(ferret.errors());
      app.use(() => {
        throw new TypeError('inside');
      });
      await supertest(server).get('/').expect(503);
      expect(await span()).toMatchObject({ errorType: '503', attributes: { 'exception.message': 'inside' } });
    });
  });

  it("keeps the application's own onerror and error listeners", async () => {
    const { app, server } = build();
    const heard: unknown[] = [];
    app.on('error', (error) => heard.push(error));
    app.use(() => {
      throw Object.assign(new Error('teapot'), { status: 418, expose: true });
    });
    await supertest(server).get('/').expect(418, 'teapot');
    expect(heard).toMatchObject([{ message: 'teapot' }]);
  });

  it('annotates a route from the context, and survives a function that throws', async () => {
    const { app, server, span } = build();
    const router = new Router();
    router.get(
      '/cart/:id',
      annotate({ team: 'growth' }),
      annotate((ctx) => ({ 'cart.path': ctx.path })),
      annotate(() => {
        throw new Error('broken');
      }),
      (ctx) => {
        expect(currentSpan()).toBe(spanOf(ctx));
        ctx.body = 'ok';
      },
    );
    app.use(router.routes());
    await supertest(server).get('/cart/7').expect(200, 'ok');
    expect((await span()).attributes).toMatchObject({
      team: 'growth',
      'cart.path': '/cart/7',
      'ferret.annotate_error': expect.stringContaining('broken'),
    });
  });

  it('writes one row for a request that passes the middleware twice (FAULTS 36)', async () => {
    const { app, routes, sink, instance } = build();
    app.use(mount('/sub', new Koa().use(ferret(instance)).use(new Router().get('/x', answer).routes())));
    expect(await routes('/sub/x')).toEqual(['/sub/x']);
    expect(sink.spans).toHaveLength(1);
  });
});

it('refuses options at the call, never later', () => {
  expect(() => ferret({ batchSize: 0 })).toThrow(/batchSize/);
  expect(() => ferret({ routeOf: 'x' as never })).toThrow(/routeOf must be a function, not string/);
  expect(() => ferret(undefined, { route: () => '' } as never)).toThrow(/there is no Koa option route\. .*routeOf/);
});

it('takes routeOf among the options too', async () => {
  const sink = new MemorySink();
  const app = new Koa3().use(ferret({ sink, flushIntervalMillis: 1, shutdownHooks: false, routeOf: () => '/all' }));
  await supertest(app.callback()).get('/x');
  await vi.waitFor(() => expect(sink.spans).toMatchObject([{ name: 'GET /all' }]));
});
