import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { ferret as forExpress } from '@ferretjs/express';
import { ferret as forKoa } from '@ferretjs/koa';
import Router from '@koa/router';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it, vi } from 'vitest';
import { type Nest, nest11, nest12 } from './contract/stacks/nest.js';

/** An Express application, with Ferret in it. */
function expressWithin(ferret: Ferret): RequestListener {
  const app = express();
  app.use(forExpress(ferret));
  app.get('/users/:id', (request, response) => void response.send(request.params.id));
  return app;
}

/** A Koa application, with Ferret in it. */
function koaWithin(ferret: Ferret): RequestListener {
  const app = new Koa();
  app.use(forKoa(ferret));
  const router = new Router().get('/users/:id', (ctx) => {
    ctx.body = ctx.params['id'];
  });
  return app.use(router.routes()).callback();
}

async function nestWith(nest: Nest, ferret: Ferret, within: RequestListener): Promise<RequestListener> {
  class AppModule {}
  nest.common.Module({ imports: [nest.ferret.FerretModule.forRoot(ferret)] })(AppModule);
  const app = await nest.core.NestFactory.create(AppModule, new nest.express.ExpressAdapter(), { logger: false });
  app.use('/within', within);
  await app.init();
  return app.getHttpAdapter().getInstance();
}

const OUTER: Record<string, (ferret: Ferret, within: RequestListener) => RequestListener | Promise<RequestListener>> = {
  Express: (ferret, within) => express().use(forExpress(ferret)).use('/within', within),
  Koa: (ferret, within) => {
    const app = new Koa().use(forKoa(ferret));
    app.use((ctx) => {
      ctx.respond = false;
      ctx.status = 200;
      ctx.req.url = ctx.url.replace('/within', '');
      within(ctx.req, ctx.res);
    });
    return app.callback();
  },
  'Nest 12': (ferret, within) => nestWith(nest12, ferret, within),
  'Nest 11': (ferret, within) => nestWith(nest11, ferret, within),
};
const INNER = { Express: expressWithin, Koa: koaWithin };
const pairs = Object.keys(OUTER).flatMap((outer) => Object.keys(INNER).map((inner) => [inner, outer] as const));

describe('two frameworks in one process', () => {
  it.each(pairs)('write one row a request: %s within %s', async (inner, outer) => {
    const sink = new MemorySink();
    const ferret = createFerret({ sink });
    const within = INNER[inner as keyof typeof INNER](ferret);
    const server = createServer(await OUTER[outer]?.(ferret, within)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const id of ['7', '8']) {
      const answer = await fetch(`http://127.0.0.1:${port}/within/users/${id}`);
      expect([answer.status, await answer.text()]).toEqual([200, id]);
    }
    server.close();
    server.closeAllConnections();
    await vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans.map(({ kind, httpStatusCode }) => [kind, httpStatusCode])).toEqual([
        ['server', 200],
        ['server', 200],
      ]);
    });
    expect(ferret.stats().started).toBe(2);
    await ferret.close();
  });
});
