import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createFerret, currentSpan, type Ferret, type FerretOptions } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import Router from '@koa/router';
import Koa3, { type Middleware } from 'koa';
import Koa2 from 'koa-2';
import mount from 'koa-mount';
import supertest from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { annotate, ferret, type KoaOptions, spanOf } from './index.js';

const cleanUp: (() => unknown)[] = [];
afterEach(() => Promise.all(cleanUp.splice(0).map((close) => close())));

describe.each([
  ['Koa 3.3', Koa3],
  ['Koa 2.16', Koa2],
])('%s', (_version, Koa) => {
  function build(options: FerretOptions = {}, koaOptions: KoaOptions = {}) {
    const sink = new MemorySink();
    const instance = createFerret({ sink, flushIntervalMillis: 1, ...options });
    const app = new Koa();
    app.silent = true;
    app.use(ferret(instance, koaOptions));
    // Koa composes what there is at the time of callback(): at the first request.
    let callback: RequestListener | undefined;
    const server: Server = createServer((request, response) => {
      callback ??= app.callback();
      callback(request, response);
    }).listen(0, '127.0.0.1');
    cleanUp.push(() => {
      server.closeAllConnections();
      server.close();
      return instance.close();
    });
    /** The one span of a request just made. */
    const span = () =>
      vi.waitFor(() => {
        const [last] = sink.spans.slice(-1);
        if (last === undefined) throw new Error('no span yet');
        return last;
      });
    /** The route templates of requests to these paths, in order. */
    const routes = async (...paths: string[]) => {
      const found: (string | undefined)[] = [];
      for (const path of paths) {
        const before = sink.spans.length;
        await supertest(server).get(path);
        await vi.waitFor(() => expect(sink.spans.length).toBe(before + 1));
        found.push(sink.spans.at(-1)?.httpRoute);
      }
      return found;
    };
    return { app, server, sink, instance, span, routes };
  }

  const answer: Middleware = (ctx) => {
    ctx.body = 'ok';
  };

  describe('the route template', () => {
    it('is whole: nested routers, prefixes and parameters in the mount included', async () => {
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

    it('has the paths of koa-mount, nested too', async () => {
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
    ])('is there from the first request on, where Ferret is %s', async (_where, build) => {
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

    it('has nothing concrete that a rewrite took off the path', async () => {
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

    it('is the route, not the middleware of the router that answered before it', async () => {
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

    it('is that of the route that threw, or found nothing', async () => {
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

    it('is what the option routeOf says, for other routers', async () => {
      const { app, routes } = build({}, { routeOf: (ctx) => ctx.state['route'] });
      app.use((ctx) => {
        ctx.state['route'] = '/things/:id';
        ctx.status = 204;
      });
      expect(await routes('/things/7')).toEqual(['/things/:id']);
    });

    it('is left out where routeOf throws, and nothing else is (FAULTS 28)', async () => {
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

    it('is what was sent by hand, where ctx.respond is false', async () => {
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

    it('has the exception that a middleware of the application answered', async () => {
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

  it("leaves the application's own onerror and error listeners at work", async () => {
    const { app, server } = build();
    const heard: unknown[] = [];
    app.on('error', (error) => heard.push(error));
    app.use(() => {
      throw Object.assign(new Error('teapot'), { status: 418, expose: true });
    });
    await supertest(server).get('/').expect(418, 'teapot');
    expect(heard).toMatchObject([{ message: 'teapot' }]);
  });

  it('annotates per route, from the context, and survives a function that throws', async () => {
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
  expect(() => ferret(undefined, { route: () => '' } as never)).toThrow(/unknown Koa option "route".*routeOf/);
});

it('takes routeOf among the options too', async () => {
  const sink = new MemorySink();
  const app = new Koa3().use(ferret({ sink, flushIntervalMillis: 1, shutdownHooks: false, routeOf: () => '/all' }));
  await supertest(app.callback()).get('/x');
  await vi.waitFor(() => expect(sink.spans).toMatchObject([{ name: 'GET /all' }]));
});

it('fits applications with a state and a context of their own', () => {
  interface State {
    user: string;
  }
  const app = new Koa3<State, { db: object }>();
  app.use(ferret({ sink: new MemorySink(), shutdownHooks: false }));
  new Router<State>().get('/', annotate({ a: 1 }), (ctx) => {
    ctx.body = ctx.state.user;
  });
});
