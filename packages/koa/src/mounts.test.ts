import { once } from 'node:events';
import { request as httpRequest, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createFerret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import Router from '@koa/router';
import Koa3, { type Middleware } from 'koa';
import compose from 'koa-compose';
import mount from 'koa-mount';
import serveFiles from 'koa-static';
import supertest from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { ferret } from './index.js';
import { answer, KOAS, serve } from './serve.fixture.js';

const pass: Middleware = (_ctx, next) => next();

describe.each(KOAS)('%s', (_version, Koa) => {
  describe('A14: a request that a mounted function answers is named by the mount', () => {
    it('at its exact path, and below it', async () => {
      const { app, names } = serve(Koa);
      app.use(mount('/graphql', answer)).use(mount('/api/v1', new Koa().use(mount('/files', answer))));
      expect(await names('POST /graphql', 'POST /graphql/', '/graphql/a/b?c=/d', '/api/v1/files/x', '/apis')).toEqual([
        'POST /graphql',
        'POST /graphql',
        'GET /graphql/*',
        'GET /api/v1/files/*',
        'GET',
      ]);
    });

    it.each<[string, Middleware]>([
      ['a body', answer],
      ['a status', (ctx) => Object.assign(ctx, { status: 204 })],
      ['a redirect', (ctx) => ctx.redirect('/login')],
      ['a 404 with a body', (ctx) => Object.assign(ctx, { status: 404, body: 'no such file' })],
      ['an exception', (ctx) => ctx.throw(403)],
      ['an exception that is not for the client', () => Promise.reject(new Error('broken'))],
      ['a response of its own', (ctx) => Object.assign(ctx, { respond: false }).res.writeHead(200).end()],
      ['the path changed', (ctx) => Object.assign(ctx, { path: '/index.html', body: 'page' })],
      ['the URL changed', (ctx) => Object.assign(ctx, { url: '/index.html?x', body: 'page' })],
      ['composed middleware', compose([pass, answer])],
      ['what comes after having passed the request on', async (ctx, next) => next().then(() => answer(ctx, next))],
    ])('by %s', async (_what, middleware) => {
      const { app, names } = serve(Koa);
      app.use(mount('/files', middleware));
      expect(await names('/files/a.txt', '/files')).toEqual(['GET /files/*', 'GET /files']);
    });

    it('if a middleware of the application answered its exception', async () => {
      const { app, names } = serve(Koa);
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch {
          Object.assign(ctx, { status: 500, body: { error: true } });
        }
      });
      app.use(mount('/graphql', () => Promise.reject(new Error('broken'))));
      expect(await names('POST /graphql')).toEqual(['POST /graphql']);
    });

    it('if it serves a static file, but not if the file is missing', async () => {
      const here = fileURLToPath(new URL('.', import.meta.url));
      const { app, names } = serve(Koa);
      app.use(mount('/static', serveFiles(here))).use(mount('/late', serveFiles(here, { defer: true })));
      expect(await names('/static/index.ts', '/static/none.ts', '/late/index.ts', '/late/none.ts')).toEqual([
        'GET /static/*',
        'GET',
        'GET /late/*',
        'GET',
      ]);
    });

    it('but not if it passed the request on', async () => {
      const { app, names } = serve(Koa);
      app.use(mount('/api', pass)).use(mount('/api', compose([pass, pass])));
      app.use(mount('/api/v1', answer)).use(mount('/api', mount('/v2', pass)));
      app.use(mount('/api', (ctx, next) => (ctx.path === '/v3' ? answer(ctx, next) : next())));
      app.use((ctx, next) => (ctx.path.startsWith('/api/v4') ? answer(ctx, next) : next()));
      app.use((ctx, next) => (ctx.path.startsWith('/api/v5') ? ctx.throw(500) : next()));
      const requests = ['/api', '/api/v1', '/api/v2/x', '/api/v3', '/api/v4/x', '/api/v5', '/api/v6'];
      expect(await names(...requests)).toEqual(['GET', 'GET /api/v1', 'GET', 'GET /api/*', 'GET', 'GET', 'GET']);
    });

    it('but not if the application around it answered', async () => {
      const { app, names } = serve(Koa);
      app.use(async (ctx, next) => {
        await next();
        if (ctx.status === 404) Object.assign(ctx, { status: 404, body: 'nothing here' });
      });
      app.use(mount('/static', pass));
      expect(await names('/static/none', '/none')).toEqual(['GET', 'GET']);
    });

    it('if the client leaves while it runs', async () => {
      const { app, server, span } = serve(Koa);
      app.use(mount('/slow', () => new Promise(() => {})));
      if (!server.listening) await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const request = httpRequest({ port, path: '/slow/7' }).on('error', () => {});
      request.end();
      await once(server, 'request');
      request.destroy();
      expect(await span()).toMatchObject({ name: 'GET /slow/*', outcome: 'aborted', httpStatusCode: undefined });
    });
  });

  it('A14: a route wins over a mount, in any position', async () => {
    const { app, names } = serve(Koa);
    const inner = new Koa().use(new Router().get('/cats/:id', answer).all('/pass/:id', pass).routes()).use(pass);
    const around = new Router().all('/around/:rest', mount('/around', inner));
    app.use(around.routes()).use(mount('/api', inner)).use(mount('/both', inner)).use(mount('/both', answer));
    app.use(new Router().get('/api/:name/:id', answer).routes());
    const requests = ['/api/cats/1', '/api/pass/1', '/around/7', '/both/cats/1', '/both/pass/1', '/both/other'];
    expect(await names(...requests)).toEqual([
      'GET /api/cats/:id',
      'GET /api/:name/:id',
      'GET /around/:rest',
      'GET /both/cats/:id',
      'GET /both/pass/:id',
      'GET /both/*',
    ]);
  });

  it('A12: an application mounted in two parents, and at two paths, is named by the mounts on the way', async () => {
    const { app, names } = serve(Koa);
    const shared = new Koa().use(new Router().get('/dogs/:id', answer).routes()).use(answer);
    const [left, right] = [new Koa().use(mount('/l', shared)), new Koa().use(mount('/r', shared))];
    app.use(mount('/left', left)).use(mount('/right', right)).use(mount('/x', shared)).use(mount('/x/x', shared));
    expect(await names('/left/l/dogs/1', '/right/r/dogs/1', '/left/l/none', '/x/x/dogs/1', '/x/dogs/1')).toEqual([
      'GET /left/l/dogs/:id',
      'GET /right/r/dogs/:id',
      'GET /left/l/*',
      'GET /x/*',
      'GET /x/dogs/:id',
    ]);
  });

  it('A12: an application called as a function, with Ferret in it, has the mounts of the one around it', async () => {
    const { app, names, instance } = serve(Koa);
    const call = (path: string, within: RequestListener) =>
      mount(path, (ctx) => {
        Object.assign(ctx, { respond: false }).res.statusCode = 200;
        within(ctx.req, ctx.res);
      });
    const inner = new Koa().use(ferret(instance)).use(new Router().get('/', answer).get('/cats/:id', answer).routes());
    const middle = new Koa().use(ferret(instance)).use(call('/deep', inner.use(mount('/fn', answer)).callback()));
    app.use(call('/sub', inner.callback())).use(call('/more', middle.callback()));
    expect(await names('/sub/cats/1', '/sub', '/sub/fn/1', '/sub/none', '/more/deep/cats/1')).toEqual([
      'GET /sub/cats/:id',
      'GET /sub',
      'GET /sub/fn/*',
      'GET /sub/*',
      'GET /more/deep/cats/:id',
    ]);
  });

  it('has no concrete value in a name, whatever code changes the path', async () => {
    const { app, names } = serve(Koa);
    const cats = new Koa();
    cats.use(new Router().get('/cats/:id', answer).routes()).use(answer);
    const below: Middleware = mount('/m', cats);
    app.use((ctx, next) => {
      ctx.path = ctx.path.replace(/^\/tenant-\d+/, '');
      return next();
    });
    app.use(
      mount('/in', (ctx, next) => {
        ctx.url = ctx.url.replace(/^\/user-\d+/, '');
        return below(ctx, next);
      }),
    );
    app.use(mount('/m', cats));
    expect(await names('/tenant-7/m/cats/1', '/tenant-7/m/none', '/in/user-1/m/cats/1', '/m/cats/1')).toEqual([
      'GET /cats/:id',
      'GET',
      'GET /cats/:id',
      'GET /m/cats/:id',
    ]);
  });

  it('reads the path from a target in absolute form', async () => {
    const { app, server, span } = serve(Koa);
    app.use(mount('/api', new Koa().use(new Router().get('/cats/:id', answer).routes())));
    if (!server.listening) await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    httpRequest({ port, path: 'http://shop.example/api/cats/1' }, (response) => response.resume()).end();
    expect((await span()).name).toBe('GET /api/cats/:id');
  });
});

it('A14: names are right from the first request on if Ferret is below a mount', async () => {
  const sink = new MemorySink();
  const instance = createFerret({ sink, shutdownHooks: false });
  const inner = new Koa3().use(ferret(instance)).use(mount('/deep', answer)).use(answer);
  const callback = new Koa3()
    .use(mount('/sub', inner))
    .use(mount('/a', mount('/b', inner)))
    .callback();
  // With two mounts only the inner one is visible then, so the name has no path.
  const names: Record<string, string> = {
    '/sub/deep/7': 'GET /sub/deep/*',
    '/sub/7': 'GET /sub/*',
    '/sub': 'GET /sub',
    '/a/b/7': 'GET',
  };
  for (const path of Object.keys(names)) await supertest(callback).get(path).expect(200);
  await vi.waitFor(async () => {
    await instance.flush();
    expect(sink.spans.map(({ name }) => name)).toEqual(Object.values(names));
  });
  await instance.close();
});
