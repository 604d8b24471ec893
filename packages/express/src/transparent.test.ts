import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import type { Layer } from './express-types.js';
import { stackOf } from './express-types.js';
import { ferret } from './index.js';
import { build, createProbe, VERSIONS } from './versions.fixture.js';

const ok = (_request: Request, response: Response) => void response.end('ok');

/** Everything that an application can see of a request. */
function seen(request: Request) {
  const keys: string[] = [];
  for (const key in request) keys.push(key);
  const own = Object.getOwnPropertyDescriptors(request);
  return {
    keys,
    hasRoute: ['route' in request, Object.hasOwn(request, 'route'), 'route' in { ...request }],
    own: Object.keys(own).map((key) => [key, typeof own[key]?.value, own[key]?.get !== undefined, own[key]?.writable]),
    prototypes: prototypesOf(request).map((prototype) => Object.getOwnPropertyNames(prototype)),
    route: request.route?.path,
    json: JSON.stringify({ route: request.route, query: request.query, url: request.url, base: request.baseUrl }),
    isNext: (request as Request & { next?: unknown }).next,
  };
}

function prototypesOf(value: object): object[] {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null ? [] : [prototype, ...prototypesOf(prototype)];
}

describe.each(VERSIONS)('%s', (_version, express) => {
  /** The prototype of the layers of this Express, and the name of the method that runs a layer. */
  function layerMethod() {
    const app = express();
    app.use(ok);
    const [layer] = stackOf(app) as readonly [Layer];
    const prototype = Object.getPrototypeOf(layer) as Record<string, (...args: unknown[]) => unknown>;
    return { prototype, name: 'handleRequest' in prototype ? 'handleRequest' : 'handle_request' };
  }

  describe('A8: a request', () => {
    /** Observes requests before, in and after routes, with and without Ferret. */
    const look = async (prepare: (app: ReturnType<typeof express>) => void) => {
      const app = express();
      prepare(app);
      const looks: unknown[] = [];
      const note = (request: Request, _response: Response, next: NextFunction) => {
        const { isNext, ...rest } = seen(request);
        looks.push({ ...rest, isNext: isNext === next });
        next();
      };
      const router = express.Router();
      router.use(note);
      router.get('/x/:id', note, note, (_request, _response, next) => next());
      router.get('/boom', () => {
        throw new Error('boom');
      });
      app.use(note);
      app.get('/about', note);
      app.use('/api/:v', note, router, note);
      app.use(note, ((_error, request, _response, next) => {
        note(request, _response, () => {});
        next();
      }) as ErrorRequestHandler);
      app.use((request, response) => void response.json(['route' in request, Object.keys(request).includes('route')]));
      const bodies: unknown[] = [];
      for (const path of ['/about', '/api/1/x/2', '/api/1/boom', '/none'])
        bodies.push((await supertest(app).get(path)).body);
      return { looks, bodies };
    };

    it('A8: is the same for the application as without Ferret', async () => {
      const bare = await look(() => {});
      const { instance, span } = createProbe();
      expect(await look((app) => app.use(ferret(instance)))).toEqual(bare);
      await span(4);
      expect(bare.bodies).toContainEqual([false, false]);
      expect(bare.bodies).toContainEqual([true, true]);
    });

    it('A20: is the same if recordExceptions records errors', async () => {
      const bare = await look(() => {});
      const { instance, sink, span } = createProbe({ recordExceptions: true });
      expect(await look((app) => app.use(ferret(instance)))).toEqual(bare);
      await span(4);
      expect(sink.spans.map(({ attributes }) => attributes['exception.message'])).toEqual([
        undefined,
        undefined,
        'boom',
        undefined,
      ]);
    });

    it.each([false, true])('A20: keeps next === req.next, with recordExceptions %s', async (recordExceptions) => {
      const { app, span } = build(express, { recordExceptions });
      const router = express.Router();
      router.use((request, response, next) => {
        const { next: kept } = request as Request & { next?: unknown };
        response.json(next === kept);
      });
      app.use((request, _response, next) => {
        const { next: kept } = request as Request & { next?: unknown };
        if (next === kept) next();
      });
      app.use('/api', router);
      await supertest(app).get('/api/x').expect(200, 'true');
      await span();
    });
  });

  describe('A20: recordExceptions', () => {
    const thrown = (what: 'throw' | 'next' | 'reject' | 'param' | 'mount') => {
      const error = new RangeError(what);
      const { app, span } = build(express, { recordExceptions: true });
      app.set('env', 'test');
      const router = express.Router();
      router.param('id', (_request, _response, next) => next(what === 'param' ? error : undefined));
      router.get('/:id', (_request, _response, next) => {
        if (what === 'throw') throw error;
        next(error);
      });
      if (what === 'mount') app.use('/r', (_request, _response, next) => next(error));
      app.use('/r', router);
      return { app, span };
    };

    it.each(['throw', 'next', 'mount'] as const)(
      'A20: hears of an error without an error handler: %s',
      async (what) => {
        const { app, span } = thrown(what);
        await supertest(app).get('/r/1').expect(500);
        expect(await span()).toMatchObject({
          outcome: 'error',
          attributes: { 'exception.type': 'RangeError', 'exception.message': what },
        });
      },
    );

    it('A20: records the error of a parameter if a layer follows', async () => {
      const { app, span } = thrown('param');
      app.use(((_error, _request, response, _next) => void response.status(503).end()) as ErrorRequestHandler);
      await supertest(app).get('/r/1').expect(503);
      expect((await span()).attributes).toMatchObject({ 'exception.message': 'param' });
    });

    it('A20: records no error if a handler skips the rest of a route or of a router', async () => {
      const { app, span } = build(express, { recordExceptions: true });
      const router = express.Router();
      router.get('/x', (_request, _response, next) => next('route'));
      router.use((_request, _response, next) => next('router'));
      app.use(router);
      app.use(ok);
      await supertest(app).get('/x').expect(200);
      const { attributes } = await span();
      expect(attributes['exception.type']).toBeUndefined();
    });
  });

  describe('A16: a property `route` that is not Express’s', () => {
    /** An accessor of the application or of another tool. */
    const accessor = (configurable: boolean) => {
      const heard: unknown[] = [];
      let value: unknown;
      const descriptor: PropertyDescriptor = {
        configurable,
        enumerable: true,
        get: () => value,
        set: (next: unknown) => {
          value = next;
          heard.push((next as { path?: unknown } | undefined)?.path);
        },
      };
      return { descriptor, heard };
    };

    it.each([
      ['own, fixed', false, true],
      ['own, configurable', true, true],
      ['own, fixed, defined later', false, false],
    ])('A16: an accessor, %s, receives routes and breaks nothing', async (_what, configurable, isBefore) => {
      const { instance, names } = createProbe();
      const { descriptor, heard } = accessor(configurable);
      const app = express();
      if (!isBefore) app.use(ferret(instance));
      app.use((request, _response, next) => {
        Object.defineProperty(request, 'route', descriptor);
        next();
      });
      if (isBefore) app.use(ferret(instance));
      app.get('/u/:id', (request, response) => void response.json(request.route.path));
      expect(await names(app, ['/u/1'])).toEqual(['GET /u/:id']);
      expect(heard).toContain('/u/:id');
    });

    it('A16: an accessor on the prototype of requests receives routes and breaks nothing', async () => {
      const { app, names } = build(express);
      const { descriptor, heard } = accessor(true);
      Object.defineProperty(app.request, 'route', descriptor);
      app.get('/u/:id', ok);
      expect(await names(app, ['/u/1'])).toEqual(['GET /u/:id']);
      expect(heard).toContain('/u/:id');
    });
  });

  describe('the method that runs a layer', () => {
    it('keeps its name, its length, its flags, `this`, its arguments and its result', async () => {
      const { prototype, name } = layerMethod();
      const before = Object.getOwnPropertyDescriptor(prototype, name);
      const { app, span } = build(express);
      app.get('/', ok);
      await supertest(app).get('/').expect(200);
      await span();
      const { value, ...flags } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
      expect(flags).toEqual({ writable: true, enumerable: true, configurable: true });
      expect([value.name, value.length]).toEqual([before?.value.name, 3]);
      const layer = { handle: (...args: unknown[]) => args.length };
      expect(Reflect.apply(value, layer, [{}, {}, () => {}])).toBeUndefined();
      expect(Object.keys(prototype)).toContain(name);
    });

    it('works with other tools that wrap it', async () => {
      const { prototype, name } = layerMethod();
      const { app, names } = build(express);
      app.get('/u/:id', ok);
      const other: string[] = [];
      await names(app, ['/u/1']);
      const original = prototype[name];
      // Wraps it as New Relic and dd-trace do, each call with a `next` of its own.
      prototype[name] = function (this: Layer, ...args) {
        const [request, response, next] = args as [Request, Response, NextFunction];
        other.push(String(this.route?.path));
        return original?.call(this, request, response, (error: unknown) => next(error));
      };
      try {
        const router = express.Router();
        router.get('/:id', ok);
        app.use('/a', (_request, _response, next) => next());
        app.use('/a/:b', router);
        expect(await names(app, ['/a/1/2', '/u/1', '/a/x'])).toEqual(['GET /a/:b/:id', 'GET /u/:id', 'GET']);
      } finally {
        if (original !== undefined) prototype[name] = original;
      }
      expect(other).toContain('/u/:id');
    });
  });

  it('names routes whose layers could not be watched', async () => {
    const { prototype, name } = layerMethod();
    const { app, names } = build(express);
    const router = express.Router();
    router.get('/x/:id', ok);
    app.use('/api/:v', router);
    app.get('/u/:id', ok);
    const watching = Object.getOwnPropertyDescriptor(prototype, name);
    const plain = function (this: Layer, request: unknown, response: unknown, next: (error?: unknown) => void) {
      try {
        return (this.handle as (...args: unknown[]) => unknown)(request, response, next);
      } catch (error) {
        return next(error);
      }
    };
    Object.defineProperty(prototype, name, { value: plain, configurable: true, writable: true, enumerable: true });
    try {
      expect(await names(app, ['/api/1/x/2', '/u/1', '/none'])).toEqual(['GET /api/:v/x/:id', 'GET /u/:id', 'GET']);
    } finally {
      if (watching !== undefined) Object.defineProperty(prototype, name, watching);
    }
  });
});
