import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express';
import express53 from 'express';
import express422 from 'express-4';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { ferret } from './index.js';
import { build, createProbe, VERSIONS } from './versions.fixture.js';

const ok = (_request: Request, response: Response) => void response.end('ok');
const pass = (_request: Request, _response: Response, next: NextFunction) => next();
const fail = () => {
  throw new Error('boom');
};
const answer500: ErrorRequestHandler = (_error, _request, response, _next) => void response.status(500).end('sorry');

/** Calls an application as a function, as `vhost` does. */
const vhost = (host: string, app: RequestListener) => (request: Request, response: Response, next: NextFunction) =>
  request.headers['x-host'] === host
    ? (app as (request: IncomingMessage, response: ServerResponse, next: NextFunction) => void)(request, response, next)
    : next();

describe.each(VERSIONS)('%s', (version, express) => {
  it('A6: a long value gives the same name as a short one', async () => {
    const { app, names } = build(express);
    const router = express.Router();
    router.get('/item', ok);
    app.use('/shop/:tenant', router);
    const targets = ['short', 'long'.repeat(100), 'short'].map((tenant) => `/shop/${tenant}/item`);
    expect(await names(app, targets)).toEqual(targets.map(() => 'GET /shop/:tenant/item'));
  });

  describe('A12: an application inside another', () => {
    /** Two routers at two paths, each with the same route. */
    const shop = () => {
      const app = express();
      for (const path of ['/users', '/orders/:year']) {
        const router = express.Router();
        router.get('/:id', ok);
        app.use(path, router);
      }
      return app;
    };
    const PATHS = ['/users/1', '/orders/2026/1', '/users/2'];
    const below = (base: string) => [`GET ${base}/users/:id`, `GET ${base}/orders/:year/:id`, `GET ${base}/users/:id`];

    it('A12: has its whole name if it is mounted', async () => {
      const { app, names } = build(express);
      app.use('/shop/:zone', shop());
      expect(
        await names(
          app,
          PATHS.map((path) => `/shop/eu${path}`),
        ),
      ).toEqual(below('/shop/:zone'));
    });

    it('A12: has its whole name if it is called as a function (vhost)', async () => {
      const { app, names } = build(express);
      const inner = shop();
      app.use(pass);
      app.use('/users', pass);
      app.use((request, response, next) => inner(request, response, next));
      expect(await names(app, PATHS)).toEqual(below(''));
    });

    it('A12: has its whole name if the outer application calls it', async () => {
      const { app, sink, span } = build(express);
      app.use(vhost('b', express()));
      app.use(vhost('a', shop()));
      await supertest(app).get('/orders/2026/1').set('x-host', 'a').expect(200);
      await span();
      expect(sink.spans.map(({ name }) => name)).toEqual(['GET /orders/:year/:id']);
    });

    it('A12: has its whole name in a router, and in two places', async () => {
      const { app, names } = build(express);
      const inner = shop();
      const router = express.Router();
      router.use('/r/:x', inner);
      app.use('/one', router);
      app.use('/two', inner);
      expect(await names(app, ['/one/r/1/users/1', '/two/users/1', '/one/r/2/orders/2/1'])).toEqual([
        'GET /one/r/:x/users/:id',
        'GET /two/users/:id',
        'GET /one/r/:x/orders/:year/:id',
      ]);
    });

    it('A12: has its whole name if several routers are called one after the other', async () => {
      const { app, names } = build(express);
      const [first, second, api] = [express.Router(), express.Router(), express.Router()];
      first.use('/api', pass);
      first.get('/api/none', pass);
      api.get('/x', ok);
      second.use('/api', api);
      second.get('/api/y', ok);
      app.use((request, response, next) => {
        first(request, response, () => second(request, response, next));
      });
      app.get('/api/z', ok);
      expect(await names(app, ['/api/x', '/api/y', '/api/z', '/api/q'])).toEqual([
        'GET /api/x',
        'GET /api/y',
        'GET /api/z',
        'GET',
      ]);
    });

    it('A12: has its whole name after another mount with the same path', async () => {
      const { app, names } = build(express);
      const [outer, api] = [express.Router(), express.Router()];
      api.get('/x', ok);
      outer.use('/api', api);
      app.use('/api', pass);
      app.use('/:any', pass);
      app.use(outer);
      expect(await names(app, ['/api/x'])).toEqual(['GET /api/x']);
    });

    it('A12: has its whole name if only the inner one has Ferret', async () => {
      const { names, instance } = createProbe();
      const [app, inner, router] = [express(), express(), express.Router()];
      app.use('/late', pass);
      router.use(ferret(instance));
      router.get('/x/:y', ok);
      router.use('/static', ok);
      inner.use('/api/:v', router);
      app.use('/shop', inner);
      app.get('/shop/api/:v/end', ok);
      expect(
        await names(app, ['/shop/api/1/x/2', '/shop/api/1/static/a', '/shop/api/2/end', '/shop/api/2/none']),
      ).toEqual(['GET /shop/api/:v/x/:y', 'GET /shop/api/:v/static/*', 'GET /shop/api/:v/end', 'GET']);
    });

    it('A12: has its whole name if it uses another copy of Express', async () => {
      const { app, names } = build(express);
      const other = version.startsWith('Express 5') ? express422 : express53;
      const [router, inner] = [other.Router(), other()];
      router.get('/x/:y', ok);
      inner.get('/z/:y', ok);
      app.use('/r/:a', router);
      app.use('/i/:a', inner);
      expect(await names(app, ['/r/1/x/2', '/i/1/z/2', '/i/2/z/2', '/r/2/x/2'])).toEqual([
        'GET /r/:a/x/:y',
        'GET /i/:a/z/:y',
        'GET /i/:a/z/:y',
        'GET /r/:a/x/:y',
      ]);
    });
  });

  describe('A14: a function mounted at a path', () => {
    it('A14: names the requests that it answers, at the mount and below it', async () => {
      const { app, names, sink } = build(express);
      app.use('/graphql', pass, ok);
      app.use('/static/', ok);
      app.use('/t/:tenant/proxy', ok);
      expect(
        await names(app, ['POST /graphql', '/graphql/?query=x', '/static/a.txt', '/static', '/t/acme/proxy/a/b']),
      ).toEqual(['POST /graphql', 'GET /graphql', 'GET /static/*', 'GET /static', 'GET /t/:tenant/proxy/*']);
      expect(sink.spans.map(({ httpRoute }) => httpRoute)).toEqual([
        '/graphql',
        '/graphql',
        '/static/*',
        '/static',
        '/t/:tenant/proxy/*',
      ]);
    });

    it('A14: names requests that a function without a path answers in a mounted router', async () => {
      const { app, names } = build(express);
      const [api, inner] = [express.Router(), express.Router()];
      inner.use(ok);
      api.use('/known/:id', inner);
      api.use('/pass', pass);
      api.use((_request, response) => void response.status(404).end());
      app.use('/api', api);
      expect(await names(app, ['/api/known/7/x', '/api/pass/x', '/api'])).toEqual([
        'GET /api/known/:id/*',
        'GET /api/*',
        'GET /api',
      ]);
    });

    it('A14: has no name if nothing answered, or a function without a path did', async () => {
      const { app, names } = build(express);
      app.use('/api', pass, express.Router());
      app.use('/fallback', pass);
      app.options('/api/x', ok);
      app.use((request, response, next) =>
        request.path.startsWith('/fallback') ? void response.status(401).end() : next(),
      );
      expect(await names(app, ['/api/x', '/none', '/fallback/x', '/fallback'])).toEqual(['GET', 'GET', 'GET', 'GET']);
    });

    it("A14: has no name for Express's own response to OPTIONS", async () => {
      const { app, names } = build(express);
      app.use('/api', pass);
      app.get('/api/x', ok);
      expect(await names(app, ['OPTIONS /api/x'])).toEqual(['OPTIONS']);
    });

    it('A14: names requests whose error it threw, wherever the error is answered', async () => {
      const { app, names } = build(express);
      const router = express.Router();
      router.use(fail);
      app.use('/boom', fail);
      app.use('/router', router);
      app.use('/moved', (_request, _response, next) => next(new Error('login')));
      app.use('/gone', (_request, _response, next) => next(Object.assign(new Error('gone'), { status: 404 })));
      app.use('/fine', pass);
      app.use((request, _response, next) => (request.path === '/fine/x' ? next(new Error('root')) : next()));
      app.use(((error: Error & { status?: number }, _request, response, next) => {
        if (error.message === 'login') response.redirect('/login');
        else if (error.status === 404) response.status(404).end();
        else next(error);
      }) as ErrorRequestHandler);
      app.use(answer500);
      expect(await names(app, ['/boom/1', '/router/x', '/moved', '/gone/x', '/fine/x', '/fine/y'])).toEqual([
        'GET /boom/*',
        'GET /router/*',
        'GET /moved',
        'GET /gone/*',
        'GET',
        'GET',
      ]);
    });

    it('A14: names requests whose error Express itself answers', async () => {
      const { app, names } = build(express);
      app.set('env', 'test');
      app.use('/boom', fail);
      expect(await names(app, ['/boom/1', '/none'])).toEqual(['GET /boom/*', 'GET']);
    });

    it('A14: wins over a route that passed the request on; a route inside wins over the mount', async () => {
      const { app, names } = build(express);
      const api = express.Router();
      api.get('/x/:id', pass);
      api.get('/y', ok);
      api.use('/z', ok);
      api.use((_request, response) => void response.status(404).end());
      app.all(version.startsWith('Express 5') ? '/*all' : '*', pass);
      app.use('/api', api);
      const all = version.startsWith('Express 5') ? 'GET /*all' : 'GET *';
      expect(await names(app, ['/api/z/1', '/api/x/1', '/api/y', '/api/q', '/none'])).toEqual([
        'GET /api/z/*',
        'GET /api/x/:id',
        'GET /api/y',
        'GET /api/*',
        all,
      ]);
    });

    it('A14: is not named by layers that are entered after the response', async () => {
      const { app, names } = build(express);
      app.get('/a/:id', (_request, response, next) => {
        response.end('ok');
        next();
      });
      app.use('/a', () => {});
      expect(await names(app, ['/a/1'])).toEqual(['GET /a/:id']);
    });
  });

  describe('A19: a rewritten URL', () => {
    it.each([
      ['to the whole', (url: string) => `/api/v1${url}`, '/api/v1/x', 'GET /api/v1/x'],
      ['to more', (url: string) => `/more${url}`, '/more/x', 'GET /more/x'],
      ['to less', () => '/', '/', 'GET /'],
      ['to something else', () => '/other/place', '/other/:what', 'GET /other/:what'],
    ])('A19: %s does not double the base', async (_what, rewrite, route, name) => {
      const { app, names } = build(express);
      const router = express.Router();
      router.use((request, _response, next) => {
        request.url = rewrite(request.url);
        next();
      });
      router.get(route, ok);
      app.use('/api/v1', router);
      expect(await names(app, ['/api/v1/x', '/api/v1/x?y=/z'])).toEqual([name, name]);
    });

    it('A19: keeps the mounts that are entered afterwards', async () => {
      const { app, names } = build(express);
      const [api, v2] = [express.Router(), express.Router()];
      v2.get('/x', ok);
      api.use((request, _response, next) => {
        request.url = `/v2${request.url}`;
        next();
      });
      api.use('/v2', v2);
      app.use((request, _response, next) => {
        request.url = request.url.replace(/^\/en/, '');
        next();
      });
      app.use('/api', api);
      app.use('/shop', v2);
      expect(await names(app, ['/en/shop/x', '/shop/x', '/en/api/x'])).toEqual([
        'GET /shop/x',
        'GET /shop/x',
        'GET /v2/x',
      ]);
    });

    it('A19: does not change the name of the mount that answers', async () => {
      const { app, names } = build(express);
      app.use('/proxy', (request, response) => {
        request.url = `/upstream${request.url}`;
        response.end('ok');
      });
      expect(await names(app, ['/proxy/a/b'])).toEqual(['GET /proxy/*']);
    });
  });
});
