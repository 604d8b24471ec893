import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Ferret } from '@ferretjs/core';
import { ferret as expressFerret } from '@ferretjs/express';
import { ferret as koaFerret } from '@ferretjs/koa';
import Router from '@koa/router';
import express5 from 'express';
import express4 from 'express-4';
import Koa3 from 'koa';
import Koa2 from 'koa-2';
import mount from 'koa-mount';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { leave, request } from '../contract/exchange.js';
import { temporaryFile } from '../temporary.js';
import { servePair } from './pair.js';

// In development, frameworks answer errors with their stack, where Ferret's frames are.
vi.stubEnv('NODE_ENV', 'production');

/** The number of calls of an application's error handler; without Ferret it must be the same. */
interface Handled {
  traced: number;
  bare: number;
}

const EXPRESS = [
  ['Express 5.3', express5],
  ['Express 4.22', express4],
] as const;
const KOA = [
  ['Koa 3.3', Koa3],
  ['Koa 2.16', Koa2],
] as const;

describe.each(EXPRESS)('%s', (_version, express) => {
  let large: string;
  beforeAll(() => {
    large = temporaryFile('large.bin');
    writeFileSync(large, Buffer.alloc(32 * 1024 * 1024));
  });

  function build(instance: Ferret | undefined, handled: Handled): Server {
    const app = express();
    if (instance !== undefined) app.use(expressFerret(instance));
    app.get('/twice', (_request, response) => {
      response.on('error', () => {});
      response.end('first');
      response.end('second');
    });
    app.get('/head-after-end', (_request, response) => {
      response.end('done');
      response.writeHead(500);
    });
    app.get('/destroy', (_request, response) => void response.destroy());
    app.get('/destroy-late', (_request, response) => {
      response.write('half');
      setImmediate(() => response.destroy());
    });
    app.get('/file', (_request, response) => response.sendFile(large));

    app.get('/sync', () => {
      throw new TypeError('sync');
    });
    // Express 4 leaves rejections to the application.
    app.get('/async', (_request, _response, next) => void Promise.reject(new RangeError('async')).catch(next));
    app.get('/after-head', (_request, response, next) => {
      response.write('half');
      setTimeout(() => next(new SyntaxError('late')), 20);
    });
    if (instance !== undefined) app.use(expressFerret.errors());
    app.use(((error: Error, request, response, next) => {
      handled[instance === undefined ? 'bare' : 'traced']++;
      if (request.query['handler'] === 'throws') throw new Error('in the handler');
      if (response.headersSent) return next(error);
      response.status(503).json({ error: error.message });
    }) as express5.ErrorRequestHandler);
    return createServer(app);
  }

  const serve = async () => {
    const handled: Handled = { traced: 0, bare: 0 };
    vi.spyOn(console, 'error').mockReturnValue();
    return { ...(await servePair((instance) => build(instance, handled))), handled };
  };

  it.each([
    ['ended twice', '/twice', 200, 'ok'],
    ['whose head is written after its end', '/head-after-end', 200, 'error'],
    ['that is destroyed', '/destroy', null, 'aborted'],
    ['that is destroyed after its head', '/destroy-late', 200, 'aborted'],
  ])('34 a. a response %s is one row', async (_what, path, status, outcome) => {
    const { exchange, rows } = await serve();
    await exchange(request('GET', path));
    expect(await rows(1)).toMatchObject([{ name: `GET ${path}`, http_status_code: status, outcome }]);
  });

  it('34 b. a file whose client goes away is one row', async () => {
    const { traced, rows } = await serve();
    await leave(traced, request('GET', '/file'), '\r\n\r\n');
    expect(await rows(1)).toMatchObject([{ name: 'GET /file', http_status_code: 200, outcome: 'aborted' }]);
  });

  it.each([
    ['thrown', '/sync', 503, '503', 'TypeError'],
    ['rejected', '/async', 503, '503', 'RangeError'],
    ['after the head', '/after-head', 200, 'SyntaxError', 'SyntaxError'],
    ['whose handler throws', '/sync?handler=throws', 500, '500', 'TypeError'],
  ])('35 a. an error %s has the status of the application, whose handler runs once', async (_what, path, ...wanted) => {
    const { exchange, rows, handled } = await serve();
    const received = await exchange(request('GET', path));
    const [status, errorType, exception] = wanted;
    expect(received).toContain(`HTTP/1.1 ${status} `);
    expect(handled).toEqual({ traced: 1, bare: 1 });
    const [row] = await rows(1);
    expect(row).toMatchObject({ http_status_code: status, outcome: 'error', error_type: errorType });
    expect(row?.attributes).toMatchObject({ 'exception.type': exception });
  });

  it('36 a. sub-applications, nested routers and the middleware twice make one row, with the whole route', async () => {
    const { exchange, rows } = await servePair((instance) => {
      const middleware = instance === undefined ? [] : [expressFerret(instance)];
      const again = (host: express5.Router | express5.Application) => {
        for (const each of middleware) host.use(each);
      };
      const users = express.Router({ mergeParams: true });
      again(users);
      users.get('/:id', ...middleware, (request, response) => void response.json(request.params));
      const tenants = express.Router({ mergeParams: true });
      tenants.use('/:tenant/users', ...middleware, users);
      const shop = express();
      again(shop);
      shop.use('/tenants', tenants);
      const app = express();
      again(app);
      again(app);
      app.use('/shop/:region', shop);
      app.use(['/a', '/b'], users);
      return createServer(app);
    });
    for (const path of [
      '/shop/eu/tenants/acme/users/7',
      '/shop/us/tenants/x/users/8?y=1',
      '/a/1',
      '/shop/eu/nowhere',
    ]) {
      await exchange(request('GET', path));
    }
    const stored = await rows(4);
    expect(stored.map(({ name }) => name)).toEqual([
      'GET /shop/:region/tenants/:tenant/users/:id',
      'GET /shop/:region/tenants/:tenant/users/:id',
      expect.stringMatching(/^GET \/a.*\/:id$/),
      'GET',
    ]);
    for (const { name, http_route } of stored.slice(0, 3)) expect(name).toBe(`GET ${http_route}`);
  });
});

describe.each(KOA)('%s', (_version, Koa) => {
  function build(instance: Ferret | undefined, handled: Handled): Server {
    const app = new Koa();
    app.silent = true;
    if (instance !== undefined) app.use(koaFerret(instance));
    app.on('error', () => void handled[instance === undefined ? 'bare' : 'traced']++);
    const router = new Router();
    router.get('/raw', (ctx) => {
      ctx.respond = false;
      ctx.res.statusCode = 200;
      ctx.res.end('behind its back');
    });
    router.get('/twice', (ctx) => {
      ctx.res.on('error', () => {});
      ctx.res.statusCode = 200;
      ctx.res.end('first');
      ctx.body = 'second';
    });
    router.get('/destroy', (ctx) => void ctx.res.destroy());
    router.get('/sync', () => {
      throw new TypeError('sync');
    });
    router.get('/async', async () => {
      await Promise.resolve();
      throw new RangeError('async');
    });
    router.get('/teapot', (ctx) => ctx.throw(418, 'short and stout'));
    app.use(router.routes());
    return createServer(app.callback());
  }

  const serve = async () => {
    const handled: Handled = { traced: 0, bare: 0 };
    return { ...(await servePair((instance) => build(instance, handled))), handled };
  };

  it.each([
    ['that Koa is told to leave alone', '/raw', 200, 'ok'],
    ['ended twice', '/twice', 200, 'ok'],
    ['that is destroyed', '/destroy', null, 'aborted'],
  ])('34 c. a response %s is one row', async (_what, path, status, outcome) => {
    const { exchange, rows } = await serve();
    await exchange(request('GET', path));
    expect(await rows(1)).toMatchObject([{ name: `GET ${path}`, http_status_code: status, outcome }]);
  });

  it.each([
    ['thrown', '/sync', 500, 'error'],
    ['rejected', '/async', 500, 'error'],
    ["of the client's", '/teapot', 418, 'ok'],
  ])(
    '35 b. an error %s has the status that Koa gives it, and is heard of once',
    async (_what, path, status, outcome) => {
      const { exchange, rows, handled } = await serve();
      expect(await exchange(request('GET', path))).toContain(`HTTP/1.1 ${status} `);
      expect(handled.traced).toBe(handled.bare);
      expect(handled.traced).toBeLessThanOrEqual(1);
      expect(await rows(1)).toMatchObject([{ http_status_code: status, outcome }]);
    },
  );

  it('36 b. mounted applications, nested routers and the middleware twice make one row with its route', async () => {
    const { exchange, rows } = await servePair((instance) => {
      const again = (host: { use(middleware: Koa3.Middleware): unknown }) => {
        // Without Ferret another middleware: the router's own parameters depend on whether there is any.
        host.use(instance === undefined ? (_ctx, next) => next() : koaFerret(instance));
      };
      const users = new Router();
      again(users);
      users.get('/:id', (ctx) => {
        ctx.body = ctx.params;
      });
      const tenants = new Router();
      tenants.use('/tenants/:tenant/users', users.routes());
      const shop = new Koa();
      again(shop);
      shop.use(tenants.routes());
      const app = new Koa();
      again(app);
      again(app);
      app.use(mount('/shop', shop));
      return createServer(app.callback());
    });
    for (const path of ['/shop/tenants/acme/users/7', '/shop/nowhere']) await exchange(request('GET', path));
    expect((await rows(2)).map(({ name, http_route }) => [name, http_route])).toEqual([
      ['GET /shop/tenants/:tenant/users/:id', '/shop/tenants/:tenant/users/:id'],
      ['GET', null],
    ]);
  });
});
