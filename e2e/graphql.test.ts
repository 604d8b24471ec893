import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { createFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import * as forExpress from '@ferretjs/express';
import * as forKoa from '@ferretjs/koa';
import express5 from 'express';
import express4 from 'express-4';
import { createYoga } from 'graphql-yoga';
import Koa3, { type ParameterizedContext } from 'koa';
import Koa2 from 'koa-2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask, batch, CANARY, type Case, cases, createTestSchema, subscriptions } from './graphql.fixture.js';
import { temporaryDirectory } from './temporary.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

type Build = (ferret: Ferret | undefined) => Promise<RequestListener>;

async function apollo(plugins: ReturnType<typeof forExpress.graphqlPlugin>[]): Promise<ApolloServer> {
  const server = new ApolloServer({
    schema: createTestSchema(),
    plugins,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: true,
    csrfPrevention: false,
  });
  await server.start();
  cleanUp.push(() => server.stop());
  return server;
}

function yoga<Context extends object>(plugins: ReturnType<typeof forExpress.graphqlPlugin>[]) {
  return createYoga<Context>({ schema: createTestSchema<Context>(), plugins, logging: false, batching: true });
}

const apolloOnExpress =
  (express: typeof express5): Build =>
  async (ferret) => {
    const app = express();
    if (ferret !== undefined) app.use(forExpress.ferret(ferret));
    const server = await apollo(ferret === undefined ? [] : [forExpress.graphqlPlugin()]);
    app.use('/graphql', express.json(), expressMiddleware(server));
    return app;
  };

const yogaOnExpress =
  (express: typeof express5): Build =>
  async (ferret) => {
    const app = express();
    if (ferret !== undefined) app.use(forExpress.ferret(ferret));
    app.use('/graphql', yoga(ferret === undefined ? [] : [forExpress.graphqlPlugin()]));
    return app;
  };

/** As `@as-integrations/koa` does it, which has no version for Apollo Server 5 that runs on Node 20. */
async function answerByApollo(server: ApolloServer, request: IncomingMessage) {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const { search } = new URL(request.url ?? '', 'http://localhost');
  const method = request.method ?? '';
  const body: unknown = method === 'POST' ? JSON.parse(await text(request)) : undefined;
  const answer = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers, search, body },
    context: async () => ({}),
  });
  if (answer.body.kind !== 'complete') throw new Error('No case here is answered in parts.');
  return { status: answer.status ?? 200, headers: [...answer.headers], body: answer.body.string };
}

const apolloOnKoa =
  (Koa: typeof Koa3): Build =>
  async (ferret) => {
    const app = new Koa();
    if (ferret !== undefined) app.use(forKoa.ferret(ferret));
    const server = await apollo(ferret === undefined ? [] : [forKoa.graphqlPlugin()]);
    app.use(async (ctx) => {
      const { status, headers, body } = await answerByApollo(server, ctx.req);
      ctx.status = status;
      for (const [name, value] of headers) ctx.set(name, value);
      ctx.body = body;
    });
    return app.callback();
  };

/** As Yoga's documentation has it. */
const yogaOnKoa =
  (Koa: typeof Koa3): Build =>
  async (ferret) => {
    const app = new Koa();
    if (ferret !== undefined) app.use(forKoa.ferret(ferret));
    const server = yoga<ParameterizedContext>(ferret === undefined ? [] : [forKoa.graphqlPlugin()]);
    app.use(async (ctx) => {
      const answer = await server.handleNodeRequestAndResponse(ctx.req, ctx.res, ctx);
      ctx.status = answer.status;
      answer.headers.forEach((value, name) => {
        ctx.append(name, value);
      });
      ctx.body = answer.body;
    });
    return app.callback();
  };

const servers: Record<string, Build> = {
  'Apollo on Express 5': apolloOnExpress(express5),
  'Apollo on Express 4': apolloOnExpress(express4 as unknown as typeof express5),
  'Apollo on Koa 3': apolloOnKoa(Koa3),
  'Apollo on Koa 2': apolloOnKoa(Koa2 as unknown as typeof Koa3),
  'Yoga on Express 5': yogaOnExpress(express5),
  'Yoga on Express 4': yogaOnExpress(express4 as unknown as typeof express5),
  'Yoga on Koa 3': yogaOnKoa(Koa3),
  'Yoga on Koa 2': yogaOnKoa(Koa2 as unknown as typeof Koa3),
};

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

function recorder() {
  const sink = new MemorySink();
  const ferret = createFerret({ sink });
  cleanUp.push(() => ferret.close());
  const span = () =>
    vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans).toHaveLength(1);
      return sink.spans[0];
    });
  return { ferret, span };
}

describe.each(Object.entries(servers))('GraphQL by %s', (name, build) => {
  const own: readonly Case[] = [...cases, batch, ...(name.startsWith('Yoga') ? subscriptions : [])];

  it.each(own.map((one) => [one.title, one] as const))(
    'A25: is recorded and answered as without: %s',
    async (_, one) => {
      const { ferret, span } = recorder();
      const [withFerret, without] = [await listen(await build(ferret)), await listen(await build(undefined))];
      expect(await ask(withFerret, one)).toBe(await ask(without, one));
      const recorded = await span();
      expect(recorded).toMatchObject(one.expected);
      for (const key of one.absent ?? []) expect(recorded?.attributes).not.toHaveProperty([key]);
      expect(JSON.stringify(recorded)).not.toContain(CANARY);
    },
  );

  it('A25: leaves nothing of what clients write in the file', async () => {
    const folder = temporaryDirectory();
    const ferret = createFerret({ database: join(folder, 'ferret.db') });
    const url = await listen(await build(ferret));
    for (const one of own) await ask(url, one);
    await ferret.close();
    const files = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
    expect(files.join('').includes('GetUser')).toBe(true);
    expect(files.join('').includes(CANARY)).toBe(false);
  });
});
