import { createFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import Router from '@koa/router';
import type Koa3 from 'koa';
import type { Context, Middleware } from 'koa';
import mount from 'koa-mount';
import supertest from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { ferret } from './index.js';
import { KOAS } from './serve.fixture.js';

/** The changes that the application makes to its objects, which must have the same effect with and without Ferret. */
interface Given {
  /** A change of the application, before or after Ferret's middleware. */
  onApp?: (app: Koa3) => void;
  whereOnApp?: 'before' | 'after';
  /** A change of the context in a middleware, before or after Ferret's. */
  onContext?: (ctx: Context) => void;
  whereOnContext?: 'before' | 'after';
  /** The events that the application received, besides what it observes. */
  heard?: unknown[];
}

/** An application with a mount, a router and an error handler, which records everything it observes of its objects. */
async function observe(Koa: typeof Koa3, given: (heard: unknown[]) => Given, path: string, instance?: Ferret) {
  const heard: unknown[] = [];
  const { onApp, whereOnApp, onContext, whereOnContext } = given(heard);
  const app = new Koa();
  app.silent = true;
  const seen: unknown[] = [];
  const see: Middleware = async (ctx, next) => {
    try {
      seen.push(sight(ctx));
      await next();
    } finally {
      seen.push(sight(ctx));
    }
  };
  const change: Middleware = (ctx, next) => {
    onContext?.(ctx);
    return next();
  };
  app.on('error', (error) => heard.push(`error: ${error.message}`));
  if (whereOnApp === 'before') onApp?.(app);
  if (whereOnContext === 'before') app.use(change);
  if (instance !== undefined) app.use(ferret(instance));
  if (whereOnContext === 'after') app.use(change);
  if (whereOnApp === 'after') onApp?.(app);
  const router = new Router();
  router.get('/u/:id', see, (ctx) => {
    ctx.body = 'ok';
  });
  router.get('/boom/:id', see, () => {
    throw new RangeError('boom');
  });
  const sub = new Koa();
  sub.use(see).use(router.routes());
  app.use(see).use(mount('/sub', sub));
  const { status, headers, text } = await supertest(app.callback()).get(path).set('host', 'shop.example').timeout(1000);
  const { date, ...fixed } = headers;
  expect(date === undefined).toBe(false);
  return { status, fixed, text, seen, heard };
}

/** Observes an object in every way that does not name a property. */
function sight(ctx: Context) {
  const ways = (object: object) => {
    const inherited: string[] = [];
    for (const key in object) inherited.push(key);
    return [inherited, Object.keys(object), shapes(object)];
  };
  const chain = (object: object | null): unknown[] =>
    object === null ? [] : [ways(object), ...chain(Object.getPrototypeOf(object))];
  const known = ['_matchedRoute', 'matched', 'mountPath', 'path', 'onerror', 'respond', 'body'];
  return {
    has: known.map((key) => [key in ctx, Object.hasOwn(ctx, key), key in ctx.request, Object.hasOwn(ctx.request, key)]),
    chains: [chain(ctx), chain(ctx.request), chain(ctx.response), chain(ctx.app)],
    spread: [Object.keys({ ...ctx }), Object.keys({ ...ctx.request })],
    json: [JSON.stringify(ctx), JSON.stringify(ctx.request)],
  };
}

function shapes(object: object) {
  return Reflect.ownKeys(object).map((key) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, key) ?? {};
    return [key, typeof value, typeof get, typeof set, flags];
  });
}

/** The forms that a property can have. Accessors record what is assigned to them. */
const FORMS: Record<string, (heard: unknown[], key: string, value: unknown) => PropertyDescriptor> = {
  'plain value': (_heard, _key, value) => ({ value, writable: true, enumerable: true, configurable: true }),
  'fixed value': (_heard, _key, value) => ({ value, writable: true, enumerable: false, configurable: false }),
  'read-only value': (_heard, _key, value) => ({ value, writable: false, configurable: false }),
  accessor: (heard, key, value) => ({ ...tellingAccessor(heard, key, value), configurable: true, enumerable: true }),
  'fixed accessor': (heard, key, value) => tellingAccessor(heard, key, value),
  'getter alone': (_heard, _key, value) => ({ get: () => value }),
  'getter that throws': (heard, key) => ({
    get: () => {
      throw new Error(`${key} may not be read`);
    },
    set: (value) => heard.push(`${key} = ${value}`),
  }),
};

function tellingAccessor(heard: unknown[], key: string, first: unknown): PropertyDescriptor {
  let value = first;
  return {
    get: () => value,
    set: (next) => {
      value = next;
      heard.push([key, typeof next, String(next)]);
    },
  };
}

/** The properties that the adapter reads, with their values if no code has changed them. */
const KEYS: Record<string, (object: Context) => unknown> = {
  _matchedRoute: () => undefined,
  matched: () => undefined,
  mountPath: () => undefined,
  onerror: (object) => object.onerror,
  respond: () => undefined,
};

const places = ['before', 'after'] as const;
const table = Object.keys(KEYS)
  .flatMap((key) => Object.keys(FORMS).map((form) => [key, form] as const))
  // Koa itself calls `onerror` at the end of each request.
  .filter(([key, form]) => key !== 'onerror' || form !== 'getter that throws')
  .flatMap(([key, form]) => (['app.context', 'ctx'] as const).map((on) => [key, form, on] as const))
  .flatMap((row) => places.map((place) => [...row, place] as const));

describe.each(KOAS)('%s', (version, Koa) => {
  const compare = async (given: (heard: unknown[]) => Given, path: string) => {
    const sink = new MemorySink();
    const instance = createFerret({ sink, flushIntervalMillis: 1, shutdownHooks: false });
    const without = await observe(Koa, given, path);
    const withFerret = await observe(Koa, given, path, instance);
    expect(withFerret).toEqual(without);
    await vi.waitFor(() => expect(sink.spans).toHaveLength(1), { interval: 2 });
    await instance.close();
    return { ...without, span: sink.spans[0] };
  };

  it.each(['/sub/u/1', '/sub/boom/1', '/sub/none', '/none'])(
    'A8: the application sees the same of its objects, at %s',
    async (path) => {
      await compare(() => ({}), path);
    },
  );

  // The newest and the lowest version represent those between.
  it.each(version === 'Koa 2.16' ? [] : table)('A1: %s as %s, on %s, set %s Ferret', async (key, form, on, place) => {
    const given = (heard: unknown[]): Given => {
      const define = (object: object) =>
        Object.defineProperty(object, key, FORMS[form]!(heard, key, KEYS[key]!(object as Context)));
      return on === 'ctx'
        ? { onContext: define, whereOnContext: place }
        : { onApp: (app) => define(app.context), whereOnApp: place };
    };
    for (const path of ['/sub/u/1', '/sub/boom/1']) {
      const { status, heard, span } = await compare(given, path);
      // If koa-mount or the router cannot write or read a property, they fail, and there is no route.
      const reached = status === 200 || heard.includes('error: boom');
      if (!reached) continue;
      const mounted = key === 'mountPath' && /getter|read-only/.test(form) ? '' : '/sub';
      expect(span?.name).toBe(`GET ${mounted}${path.slice('/sub'.length, -1)}:id`);
    }
  });

  const others = ['path', 'originalUrl', 'url', 'method', 'body'] as const;
  it.each(others.flatMap((key) => Object.keys(FORMS).map((form) => [key, form] as const)))(
    'A1: %s as %s on ctx leaves the response as it is, and the name is a template',
    async (key, form) => {
      for (const whereOnContext of places) {
        const onContext = (heard: unknown[]) => (ctx: Context) =>
          Object.defineProperty(ctx, key, FORMS[form]!(heard, key, ctx[key]));
        const { span } = await compare((heard) => ({ onContext: onContext(heard), whereOnContext }), '/sub/u/1');
        expect(['GET /sub/u/:id', 'GET /sub/*', 'GET /u/:id', 'GET']).toContain(span?.name);
      }
    },
  );

  it.each<[string, (app: Koa3, heard: unknown[]) => void]>([
    ['app.context frozen', (app) => Object.freeze(app.context)],
    ['app.context and app.request sealed', (app) => [app.context, app.request].map((object) => Object.seal(object))],
    ['a request with a path of its own', (app) => Object.defineProperty(app.request, 'path', pathOf(true))],
    ['a request with a fixed path', (app) => Object.defineProperty(app.request, 'path', pathOf(false))],
  ])('A1: %s leaves the response as it is', async (_what, onApp) => {
    for (const whereOnApp of places) {
      for (const path of ['/sub/u/1', '/sub/boom/1', '/none']) {
        await compare((heard) => ({ onApp: (app) => onApp(app, heard), whereOnApp }), path);
      }
    }
  });

  it('A1: contexts that throw on every access leave the response as it is', async () => {
    const refuse = () => {
      throw new Error('keep out');
    };
    for (const trap of ['getPrototypeOf', 'getOwnPropertyDescriptor', 'defineProperty', 'ownKeys'] as const) {
      const instance = createFerret({ sink: new MemorySink(), shutdownHooks: false });
      const app = new Koa();
      app.context = new Proxy(app.context, { [trap]: refuse });
      app.request = new Proxy(app.request, { [trap]: refuse });
      const router = new Router().get('/u/:id', (ctx) => {
        ctx.body = 'ok';
      });
      app.use((ctx, next) => ferret(instance)(new Proxy(ctx, { [trap]: refuse }), next));
      app.use(mount('/sub', new Koa().use(router.routes())));
      await supertest(app.callback()).get('/sub/u/1').expect(200, 'ok');
      await instance.close();
    }
  });

  it.each(places)("A1: the application's own onerror, set %s Ferret, is still called", async (place) => {
    const given = (heard: unknown[]): Given => ({
      whereOnApp: place,
      onApp: (app) => {
        const { onerror } = app.context;
        app.context.onerror = function (this: Context, ...args: [Error]) {
          heard.push([this.path, args.length, this.onerror.name, String(args[0])]);
          return onerror.apply(this, args);
        };
      },
    });
    const { span } = await compare(given, '/sub/boom/1');
    expect(span?.attributes).toMatchObject({ 'exception.type': 'RangeError', 'exception.message': 'boom' });
  });

  it('A1: an onerror that is set after the first request is called, too', async () => {
    const sink = new MemorySink();
    const instance = createFerret({ sink, flushIntervalMillis: 1, shutdownHooks: false });
    const app = new Koa();
    app.silent = true;
    app.use(ferret(instance)).use(() => {
      throw new RangeError('boom');
    });
    const callback = app.callback();
    await supertest(callback).get('/').expect(500);
    app.context.onerror = function (this: Context, error) {
      if (error) this.res.writeHead(503).end();
    };
    await supertest(callback).get('/').expect(503);
    await vi.waitFor(() => expect(sink.spans).toHaveLength(2), { interval: 2 });
    for (const { attributes } of sink.spans) expect(attributes).toMatchObject({ 'exception.type': 'RangeError' });
    await instance.close();
  });

  it('A4: a socket of koa-websocket, whose context has no response, is left alone', async () => {
    const diagnostics: unknown[] = [];
    const onDiagnostic = (diagnostic: unknown) => diagnostics.push(diagnostic);
    const instance = createFerret({ sink: new MemorySink(), shutdownHooks: false, onDiagnostic });
    const app = new Koa();
    // Like koa-websocket 7 for each socket.
    const ctx = app.createContext({ url: '/chat', headers: {}, socket: {} } as never, undefined as never);
    ctx.path = '/chat';
    expect(await ferret(instance)(ctx as never, () => Promise.resolve('next'))).toBe('next');
    await ferret.errors()(ctx as never, () => Promise.resolve());
    expect(instance.stats()).toMatchObject({ started: 0, pending: 0 });
    await instance.close();
    expect(diagnostics).toEqual([]);
  });
});

/** The path of a request as Koa defines it, with a property of the application's own. */
function pathOf(configurable: boolean): PropertyDescriptor & ThisType<Context['request']> {
  return {
    configurable,
    get() {
      return this.req.url?.split('?')[0];
    },
    set(path: string) {
      this.req.url = path;
    },
  };
}
