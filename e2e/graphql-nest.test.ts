import 'reflect-metadata';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createFerret, type Ferret, type SpanRecord } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { Annotate, FerretModule, Measure, NoTrace } from '@ferretjs/nest';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Inject,
  Injectable,
  Module,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AbstractGraphQLDriver,
  Args,
  type GqlModuleOptions,
  GraphQLModule,
  Mutation,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GraphQLError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask, batch, CANARY, type Case, cases, DatabaseDown, resolve } from './graphql.fixture.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

const typeDefs = `
  type User { id: ID! name: String age: Int }
  type Query {
    user(id: ID!): User broken: Int! shaky: Int refused: Int! declined: Int teapot: Int!
    closed: Int! filtered: Int! fallback: Int! annotated: Int! quiet: Int! still: Int!
  }
  type Mutation { save(text: String!): Int! }
`;

class Domain extends Error {}

/** Answers an exception by one of its own, as for HTTP it would by a 404. */
@Catch(Domain)
class DomainFilter implements ExceptionFilter {
  catch(_error: Domain, _host: ArgumentsHost) {
    return new GraphQLError('no such thing', { extensions: { code: 'NOT_FOUND' } });
  }
}

/** Has a value in store for whatever goes wrong. */
@Catch(DatabaseDown)
class FallbackFilter implements ExceptionFilter {
  catch() {
    return 7;
  }
}

class Closed {
  canActivate(): boolean {
    throw new UnauthorizedException('who are you');
  }
}

@Injectable()
class Work {
  @Measure()
  async load() {
    await Promise.resolve();
    return 1;
  }
}

@Annotate({ team: 'growth', tier: 0 })
@Resolver('User')
class Users {
  constructor(@Inject(Work) private readonly work: Work) {}
  @Query('user')
  user(@Args('id') id: string) {
    return resolve.user(id);
  }
  @ResolveField('age')
  age() {
    return resolve.broken();
  }
  @Query('broken')
  broken() {
    return resolve.broken();
  }
  @Query('shaky')
  shaky() {
    return resolve.broken();
  }
  @Query('refused')
  refused() {
    return resolve.refused();
  }
  @Query('declined')
  declined() {
    return resolve.refused();
  }
  @Query('teapot')
  teapot() {
    return resolve.teapot();
  }
  @UseGuards(Closed)
  @Query('closed')
  closed() {
    return 1;
  }
  @UseFilters(DomainFilter)
  @Query('filtered')
  filtered(): number {
    throw new Domain('row 7 is gone');
  }
  @UseFilters(FallbackFilter)
  @Query('fallback')
  fallback() {
    return resolve.broken();
  }
  @Annotate({ tier: 1 })
  @Query('annotated')
  annotated() {
    return 1;
  }
  @NoTrace()
  @Query('quiet')
  quiet() {
    return this.work.load();
  }
  @NoTrace()
  @Query('still')
  still() {
    return this.work.load();
  }
  @Mutation('save')
  save(@Args('text') _text: string) {
    return 1;
  }
}

/** A stand-in for `@graphql-yoga/nestjs`, which has no version for Nest 12 yet. */
class YogaDriver extends AbstractGraphQLDriver {
  async start(options: GqlModuleOptions & { plugins?: [] }) {
    const { schema, plugins, context: own, path = '/graphql' } = options;
    const yoga = createYoga<{ req: IncomingMessage; res: ServerResponse }>({
      ...(schema && { schema }),
      ...(plugins && { plugins }),
      context: (initial) => own(initial),
      graphqlEndpoint: path,
      maskedErrors: false,
      logging: false,
      batching: true,
    });
    this.httpAdapterHost.httpAdapter.use(path, (req: never, res: never) => yoga(req, res, { req, res }));
  }
  async stop() {}
}

const apolloOptions: ApolloDriverConfig = {
  driver: ApolloDriver,
  typeDefs,
  context,
  includeStacktraceInErrorResponses: false,
  allowBatchedHttpRequests: true,
  csrfPrevention: false,
  introspection: true,
};

const stacks: Record<string, { adapter: () => ExpressAdapter | FastifyAdapter; graphql: () => object }> = {
  'Apollo on Express': {
    adapter: () => new ExpressAdapter(),
    graphql: () => GraphQLModule.forRoot({ ...apolloOptions }),
  },
  'Apollo on Fastify': {
    adapter: () => new FastifyAdapter(),
    graphql: () => GraphQLModule.forRoot({ ...apolloOptions }),
  },
  'Yoga on Express': {
    adapter: () => new ExpressAdapter(),
    graphql: () => GraphQLModule.forRoot({ driver: YogaDriver, typeDefs, context }),
  },
  'Mercurius on Fastify': {
    adapter: () => new FastifyAdapter(),
    graphql: () =>
      GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        typeDefs,
        context,
        allowBatchedQueries: true,
      }),
  },
};

interface Request {
  readonly headers: IncomingHttpHeaders;
}

/** Fails for those who ask for it. */
async function context(first: Request | { readonly req: Request }) {
  const { headers } = 'req' in first ? first.req : first;
  if (headers['x-broken'] !== undefined) throw new DatabaseDown('no session');
  return { mine: true };
}

async function start({ adapter, graphql }: (typeof stacks)[string], ferret: Ferret | undefined): Promise<string> {
  @Module({
    imports: [...(ferret === undefined ? [] : [FerretModule.forRoot(ferret)]), graphql() as never],
    providers: [Users, Work],
  })
  class App {}
  const app = await NestFactory.create(App, adapter(), { logger: false });
  cleanUp.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  return `${await app.getUrl()}/graphql`;
}

function recorder() {
  const sink = new MemorySink();
  const ferret = createFerret({ sink });
  cleanUp.push(() => ferret.close());
  const spans = (count = 1): Promise<readonly SpanRecord[]> =>
    vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans.filter(({ kind }) => kind === 'server')).toHaveLength(count);
      return sink.spans;
    });
  return { ferret, spans };
}

const query = (text: string) => ({ title: text, body: { query: text }, expected: {} });

describe.each(Object.entries(stacks))('GraphQL in Nest by %s', (name, stack) => {
  const own: readonly Case[] = [
    ...cases,
    batch,
    {
      title: 'a context that cannot be made',
      body: { query: '{ annotated }' },
      headers: { 'x-broken': '1' },
      expected: { outcome: 'error', attributes: { 'exception.type': 'DatabaseDown' } },
    },
    {
      title: 'a guard that refuses',
      body: { query: '{ closed }' },
      expected: { outcome: 'ok', attributes: { 'exception.type': 'UnauthorizedException' } },
    },
    {
      title: "a filter that makes an exception the client's",
      body: { query: '{ filtered }' },
      expected: { outcome: 'ok', attributes: { 'exception.type': 'Domain', 'exception.message': 'row 7 is gone' } },
    },
    {
      title: 'a filter that has a value instead of an exception',
      body: { query: '{ fallback }' },
      expected: { outcome: 'ok', attributes: { 'exception.type': 'DatabaseDown' } },
    },
    {
      title: 'a nested field that fails',
      body: { query: `{ user(id: "${CANARY}") { age } }` },
      expected: { outcome: 'ok', attributes: { 'exception.message': 'db down' } },
    },
    {
      title: 'annotations of a resolver, and its name',
      body: { query: '{ annotated }' },
      expected: { attributes: { team: 'growth', tier: 1, 'code.function.name': 'Users.annotated' } },
    },
    {
      title: 'annotations of several resolvers, and no name',
      body: { query: '{ __typename annotated ...Rest } fragment Rest on Query { user(id: 1) { id } }' },
      expected: { attributes: { team: 'growth' } },
      absent: ['code.function.name'],
    },
  ];

  it.each(own.map((one) => [one.title, one] as const))(
    'A25: is recorded and answered as without: %s',
    async (_, one) => {
      const { ferret, spans } = recorder();
      const [withFerret, without] = [await start(stack, ferret), await start(stack, undefined)];
      expect(await ask(withFerret, one)).toBe(await ask(without, one));
      const [recorded] = await spans();
      expect(recorded).toMatchObject(one.expected);
      for (const key of one.absent ?? []) expect(recorded?.attributes).not.toHaveProperty([key]);
      expect(JSON.stringify(recorded)).not.toContain(CANARY);
    },
  );

  it('A25: @NoTrace leaves out a request whose root fields are all marked, and no other', async () => {
    const { ferret, spans } = recorder();
    const url = await start(stack, ferret);
    for (const left of ['{ quiet }', '{ a: quiet still }', '{ __typename ...F } fragment F on Query { quiet }']) {
      expect(await ask(url, query(left))).toContain('"quiet"'.replace('quiet', left.includes('a:') ? 'a' : 'quiet'));
    }
    await ask(url, query('query Both { quiet annotated }'));
    await ask(url, { ...query('a batch'), body: [{ query: 'query Batch { quiet }' }, { query: '{ annotated }' }] });
    const recorded = (await spans(2)).filter(({ kind }) => kind === 'server');
    expect(recorded.map(({ attributes }) => attributes['graphql.operation.name'])).toEqual(['Both', 'Batch']);
  });

  it('A25: the name has the path', async () => {
    const { ferret, spans } = recorder();
    await ask(await start(stack, ferret), query('{ broken }'));
    const [recorded] = await spans();
    if (name.endsWith('Fastify')) expect(recorded?.name).toBe('POST /graphql');
    else expect(recorded?.name).toMatch(/^POST( \/graphql(\/\*)?)?$/);
  });
});
