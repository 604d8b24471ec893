import type { IncomingMessage, ServerResponse } from 'node:http';
import { createFerret } from '@ferretjs/core';
import { graphqlPlugin } from '@ferretjs/core/adapter';
import { MemorySink } from '@ferretjs/core/testing';
import { Injectable, Module } from '@nestjs/common';
import { ExternalContextCreator, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import supertest from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Annotate, FerretModule, NoTrace } from './index.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

/** Named as in `@nestjs/graphql`, which provides its drivers under this class. */
abstract class AbstractGraphQLDriver {}
class Driver {
  started: { plugins?: unknown; context?: unknown } | undefined;
  start(options: { plugins?: unknown; context?: unknown }) {
    this.started = options;
    return 'started';
  }
}

@Annotate({ team: 'growth' })
@Injectable()
class Resolvers {
  fine() {
    return 1;
  }
  @Annotate({ tier: 1 })
  annotated() {
    return 2;
  }
  @NoTrace()
  quiet() {
    return 3;
  }
  broken() {
    throw new RangeError('down');
  }
}

type Method = Exclude<keyof Resolvers, 'constructor'>;
type Resolve = (root: unknown, args: unknown, context: unknown, info: unknown) => Promise<unknown>;

const field = (value: string, alias?: string) => ({
  kind: 'Field',
  name: { value },
  ...(alias && { alias: { value: alias } }),
});
const infoOf = (selections: object[], prev?: object) => ({
  operation: { operation: 'query', name: { value: 'Op' }, selectionSet: { selections } },
  fragments: {
    Rest: { selectionSet: { selections: [field('quiet'), { kind: 'FragmentSpread', name: { value: 'Rest' } }] } },
  },
  path: { prev },
});

/** An application that answers each request by resolvers, called as a driver would. */
async function serve(
  answer: (resolve: Record<Method, Resolve>, request: IncomingMessage) => Promise<unknown>,
  body?: unknown,
) {
  const sink = new MemorySink();
  const ferret = createFerret({ sink });
  cleanUp.push(() => ferret.close());
  @Module({
    imports: [FerretModule.forRoot(ferret)],
    providers: [Resolvers, { provide: AbstractGraphQLDriver, useClass: Driver }],
  })
  class App {}
  const app = await NestFactory.create(App, new ExpressAdapter(), { logger: false });
  cleanUp.push(() => app.close());
  const resolvers = app.get(Resolvers);
  const creator = app.get(ExternalContextCreator);
  const resolve = (name: Method) =>
    creator.create(resolvers, resolvers[name], name, undefined, undefined, undefined, undefined, undefined, 'graphql');
  app.use('/graphql', async (request: IncomingMessage, response: ServerResponse) => {
    if (body !== undefined) Object.assign(request, { body });
    await answer(
      { fine: resolve('fine'), annotated: resolve('annotated'), quiet: resolve('quiet'), broken: resolve('broken') },
      request,
    ).catch(() => {});
    response.end();
  });
  await app.init();
  await supertest(app.getHttpServer()).get('/graphql');
  await supertest(app.getHttpServer()).get('/last');
  return vi.waitFor(async () => {
    await ferret.flush();
    expect(sink.spans.some(({ attributes }) => attributes['url.path'] === '/last')).toBe(true);
    return sink.spans.find(({ attributes }) => attributes['url.path'] === '/graphql');
  });
}

describe('A25: a resolver', () => {
  it('adds its name, its annotations and its operation to the span of the request', async () => {
    const span = await serve(({ annotated }, req) => annotated({}, {}, { req }, infoOf([field('annotated')])));
    expect(span?.attributes).toMatchObject({
      'code.function.name': 'Resolvers.annotated',
      team: 'growth',
      tier: 1,
      'graphql.operation.name': 'Op',
      'graphql.operation.type': 'query',
    });
  });

  it('adds its annotations beside those of others, without a name', async () => {
    const info = infoOf([field('fine'), field('annotated')]);
    const span = await serve(async ({ fine, annotated }, req) => {
      await fine({}, {}, { req }, info);
      await annotated({}, {}, { req }, info);
    });
    expect(span?.attributes).toMatchObject({ team: 'growth', tier: 1 });
    expect(span?.attributes).not.toHaveProperty(['code.function.name']);
  });

  it('of a nested field changes nothing', async () => {
    const span = await serve(async ({ quiet, annotated }, req) => {
      await quiet({}, {}, { req }, infoOf([field('fine')], { key: 'fine' }));
      await annotated({}, {}, { req }, infoOf([field('fine')], { key: 'fine' }));
    });
    expect(span?.attributes).not.toHaveProperty(['team']);
  });

  it('that throws has its exception recorded, and the result decides the outcome', async () => {
    const span = await serve(({ broken }, req) => broken({}, {}, { req }, infoOf([field('broken')])));
    expect(span).toMatchObject({ outcome: 'ok', attributes: { 'exception.type': 'RangeError' } });
  });

  it('may be called with any values', async () => {
    const span = await serve(async ({ fine, quiet }, req) => {
      expect(await fine(undefined, undefined, undefined, undefined)).toBe(1);
      expect(await quiet({}, {}, { req }, {})).toBe(3);
      expect(await quiet({}, {}, { req: 7 }, infoOf([field('quiet')]))).toBe(3);
      const info = new Proxy({}, { get: () => raise() });
      expect(await quiet({}, {}, { req }, info)).toBe(3);
    });
    expect(span).toBeDefined();
  });
});

describe('A25: @NoTrace on resolvers', () => {
  const all = [field('quiet'), field('quiet', 'again'), field('__typename')];
  it('leaves the request out if all root fields have it', async () => {
    const info = infoOf([...all, { kind: 'FragmentSpread', name: { value: 'Rest' } }]);
    const span = await serve(async ({ quiet }, req) => {
      await quiet({}, {}, { req }, info);
      await quiet({}, {}, { req }, info);
    });
    expect(span).toBeUndefined();
  });

  it('keeps the request if one root field does not have it', async () => {
    const info = infoOf([...all, { kind: 'InlineFragment', selectionSet: { selections: [field('fine')] } }]);
    const span = await serve(async ({ quiet, fine }, req) => {
      await quiet({}, {}, { req }, info);
      await quiet({}, {}, { req }, info);
      await fine({}, {}, { req }, info);
    });
    expect(span?.attributes).toMatchObject({ team: 'growth' });
  });

  it('keeps a batch', async () => {
    const span = await serve(({ quiet }, req) => quiet({}, {}, { req }, infoOf([field('quiet')])), [{}, {}]);
    expect(span).toBeDefined();
  });
});

describe('A25: a driver', () => {
  async function started(options: object) {
    @Module({
      imports: [FerretModule.forRoot(createFerretForTest())],
      providers: [{ provide: AbstractGraphQLDriver, useClass: Driver }],
    })
    class App {}
    const app = await NestFactory.createApplicationContext(App, { logger: false });
    cleanUp.push(() => app.close());
    const driver = app.get<Driver>(AbstractGraphQLDriver);
    expect(driver.start(options)).toBe('started');
    return driver.started;
  }

  it('starts with the plugin before all others, once', async () => {
    const other = {};
    expect(await started({})).toEqual({ plugins: [graphqlPlugin()] });
    expect(await started({ plugins: [other] })).toEqual({ plugins: [graphqlPlugin(), other] });
    expect(await started({ plugins: [other, graphqlPlugin()] })).toEqual({ plugins: [other, graphqlPlugin()] });
  });

  it('creates its contexts as before, whether that fails or not', async () => {
    for (const context of [(a: unknown, b: unknown) => [a, b], async (a: unknown, b: unknown) => [a, b]]) {
      const made = (await started({ context }))?.context as typeof context;
      expect(await made(1, 2)).toEqual([1, 2]);
    }
    const sync = (await started({ context: raise }))?.context as () => unknown;
    expect(sync).toThrow('hostile');
    const async = (await started({ context: async () => raise() }))?.context as () => unknown;
    await expect(async()).rejects.toThrow('hostile');
    expect(await started({ context: { a: 1 } })).toMatchObject({ context: { a: 1 } });
  });

  it('starts without it if its options cannot be changed', async () => {
    expect(await started(Object.freeze({ a: 1 }))).toEqual({ a: 1 });
    expect(await started({ plugins: 'all' })).toEqual({ plugins: 'all' });
  });
});

function createFerretForTest() {
  const ferret = createFerret({ sink: new MemorySink() });
  cleanUp.push(() => ferret.close());
  return ferret;
}

function raise(): never {
  throw new Error('hostile');
}
