import Router15 from '@koa/router';
import mount from 'koa-mount';
import Router7 from 'koa-router-7';
import Router8 from 'koa-router-8';
import Router10 from 'koa-router-10';
import Router12 from 'koa-router-12';
import Router14 from 'koa-router-14';
import { describe, expect, it } from 'vitest';
import { answer, KOAS, serve } from './serve.fixture.js';

const ROUTERS = [
  ['koa-router 7', Router7],
  ['@koa/router 8', Router8],
  ['@koa/router 10', Router10],
  ['@koa/router 12', Router12],
  ['@koa/router 14', Router14],
  ['@koa/router 15', Router15],
] as const;
const [[newest]] = KOAS;
/** All routers on the newest Koa, and the oldest and the newest router on every Koa. */
const pairs = KOAS.flatMap(([koa, Koa]) =>
  ROUTERS.filter(([, Router]) => koa === newest || Router === Router7 || Router === Router15).map(
    ([router, Router]) => [router, koa, Router, Koa] as const,
  ),
);

describe.each(pairs)('A13: %s on %s', (router, _koa, Router, Koa) => {
  it('names the route if middleware of the router follows it', async () => {
    const { app, names } = serve(Koa);
    const users = new Router();
    users.get('/users/:id', answer).post('/users/:id', answer);
    users.use((_ctx, next) => next());
    app.use(users.routes());
    expect(await names('/users/1', 'HEAD /users/1', 'POST /users/1', 'DELETE /users/1')).toEqual([
      'GET /users/:id',
      'HEAD /users/:id',
      'POST /users/:id',
      'DELETE',
    ]);
  });

  it('names nested routers as a whole', async () => {
    const { app, names } = serve(Koa);
    const inner = new Router().get('/', answer).get('/:id', answer);
    const outer = new Router({ prefix: '/api' });
    outer.use((_ctx, next) => next());
    outer.use('/t/:tenant', inner.routes());
    app.use(outer.routes()).use(outer.allowedMethods());
    expect(await names('/api/t/acme', '/api/t/acme/7', 'PUT /api/t/acme', '/api/nothing')).toEqual([
      'GET /api/t/:tenant',
      'GET /api/t/:tenant/:id',
      'PUT',
      'GET',
    ]);
  });

  it('names the route that would have run if middleware of the router answers', async () => {
    const { app, names } = serve(Koa);
    const admin = new Router();
    admin.use('/admin', (ctx) => ctx.throw(401));
    admin.get('/admin/:page', answer);
    app.use(admin.routes());
    expect(await names('/admin/users', '/admin')).toEqual(['GET /admin/:page', 'GET']);
  });

  it('names the route that threw, and a RegExp by its source', async () => {
    const { app, names } = serve(Koa);
    const routes = new Router();
    routes.get('/boom/:id', () => {
      throw new Error('boom');
    });
    routes.get(/^\/files\/(.+)/, answer);
    app.use(routes.routes());
    expect(await names('/boom/1', '/files/a/b')).toEqual(['GET /boom/:id', 'GET /^\\/files\\/(.+)/']);
  });

  it('names one of several routes that match', async () => {
    const { app, names } = serve(Koa);
    const routes = new Router().get('/users/me', answer).get('/users/:id', answer);
    app.use(routes.routes());
    // Up to version 8 routers do not report which of the routes runs, and keep the last one.
    const me = /router [78]$/.test(router) ? 'GET /users/:id' : 'GET /users/me';
    expect(await names('/users/me', '/users/7')).toEqual([me, 'GET /users/:id']);
  });

  it('names the route of the second router if the first one passes the request on', async () => {
    const { app, names } = serve(Koa);
    const first = new Router().post('/things/:id', answer).get('/other', answer);
    first.use((_ctx, next) => next());
    const all = new Router().all('/things/:thing', (_ctx, next) => next());
    const second = new Router().get('/things/:last', answer);
    app.use(first.routes()).use(all.routes()).use(second.routes());
    expect(await names('/things/7', 'DELETE /things/7')).toEqual(['GET /things/:last', 'DELETE /things/:thing']);
  });

  it('names routes below mounts', async () => {
    const { app, names } = serve(Koa);
    const cats = new Koa().use(new Router().get('/', answer).get('/cats/:id', answer).routes());
    app.use(mount('/sub', cats)).use(mount('/again', new Koa().use(mount('/v1', cats))));
    expect(await names('/sub', '/sub/', '/sub/cats/1', '/again/v1/cats/1', '/sub/nothing')).toEqual([
      'GET /sub',
      'GET /sub',
      'GET /sub/cats/:id',
      'GET /again/v1/cats/:id',
      'GET',
    ]);
  });
});

describe('other routers', () => {
  it.each([
    ['a template', () => '/users/:id', 'GET /users/:id'],
    ['a RegExp', () => /^\/users\/(\d+)$/, 'GET /^\\/users\\/(\\d+)$/'],
    ['the path', (path: string) => path, 'GET'],
    ['the path, decoded and without its slash', (path: string) => decodeURI(path).replace(/\/$/, ''), 'GET'],
    ['a part of the path', (path: string) => path.replace('/users', ''), 'GET'],
    ['another concrete path', (path: string) => `/v1${path}`, 'GET'],
    ['the URL', (_path: string, url: string) => url, 'GET'],
    ['something else', () => 7, 'GET'],
  ])('A13: %s as _matchedRoute, without `matched`', async (_what, matched, name) => {
    const { app, names } = serve();
    app.use((ctx) => {
      ctx['_matchedRoute'] = matched(ctx.path, ctx.url);
      ctx.body = 'ok';
    });
    expect(await names('/users/7', '/users/7/?a=(:b)')).toEqual([name, name]);
    // A client's own text with a parameter does not count; it cannot be a RegExp.
    const forged = name.includes('^') ? name : 'GET';
    expect(await names('/users/%C3%A9(:x)', '/users/%28:x', '/users/%zz:x')).toEqual([forged, forged, forged]);
  });

  it.each([
    ['the path', [], 'GET'],
    ['the path, with another route matched', [{ path: '/users/:id', methods: ['GET'] }], 'GET /users/:id'],
    ['the path, with middleware matched', [{ path: '/users/7', methods: [] }], 'GET'],
    ['the path, with nonsense matched', [null, 7, {}, { path: {}, methods: ['GET'] }], 'GET'],
    ['the path, which a route has', [{ path: '/users/7', methods: ['GET'] }], 'GET /users/7'],
  ])('A13: %s as _matchedRoute', async (_what, matched, name) => {
    const { app, names } = serve();
    app.use((ctx) => {
      Object.assign(ctx, { matched, _matchedRoute: ctx.path });
      ctx.body = 'ok';
    });
    expect(await names('/users/7')).toEqual([name]);
  });
});
