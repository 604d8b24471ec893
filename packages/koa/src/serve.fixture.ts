import { createServer, type RequestListener, type Server } from 'node:http';
import { createFerret, type FerretOptions } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import Koa3, { type Middleware } from 'koa';
import Koa2 from 'koa-2';
import KoaLowest from 'koa-lowest';
import supertest from 'supertest';
import { afterEach, expect, vi } from 'vitest';
import { ferret, type KoaOptions } from './index.js';

/** The newest version of each major, and the lowest version of the peer range. */
export const KOAS = [
  ['Koa 3.3', Koa3],
  ['Koa 2.16', Koa2],
  ['Koa 2.1', KoaLowest],
] as const;

const cleanUp: (() => unknown)[] = [];
afterEach(() => Promise.all(cleanUp.splice(0).map((close) => close())));

export const answer: Middleware = (ctx) => {
  ctx.body = 'ok';
};

export type Served = ReturnType<typeof serve>;

/** Starts a server of a new application, with Ferret as its first middleware and spans in memory. */
export function serve(Koa: typeof Koa3 = Koa3, options: FerretOptions = {}, koaOptions: KoaOptions = {}) {
  const sink = new MemorySink();
  const instance = createFerret({ sink, flushIntervalMillis: 1, ...options });
  const app = new Koa();
  app.silent = true;
  app.use(ferret(instance, koaOptions));
  // Koa composes its middleware when `callback()` is called, here at the first request.
  let callback: RequestListener | undefined;
  const server: Server = createServer((request, response) => {
    callback ??= app.callback();
    callback(request, response);
  }).listen(0, '127.0.0.1');
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
    return instance.close();
  });
  /** Resolves with the span of the last request. */
  const span = () =>
    vi.waitFor(() => {
      const [last] = sink.spans.slice(-1);
      if (last === undefined) throw new Error('no span yet');
      return last;
    });
  /** Sends requests such as `/path` or `POST /path`, and resolves with their names, in order. */
  const names = async (...requests: string[]) => {
    const found: (string | undefined)[] = [];
    for (const request of requests) {
      const before = sink.spans.length;
      const [path = '', method = 'GET'] = request.split(' ').reverse();
      await supertest(server)[method.toLowerCase() as 'get' | 'post'](path);
      await vi.waitFor(() => expect(sink.spans.length).toBe(before + 1), { interval: 2 });
      found.push(sink.spans.at(-1)?.name);
    }
    return found;
  };
  /** Resolves with the route templates of requests to these paths, in order. */
  const routes = async (...paths: string[]) => {
    const first = sink.spans.length;
    await names(...paths);
    return sink.spans.slice(first).map(({ httpRoute }) => httpRoute);
  };
  return { app, server, sink, instance, span, names, routes };
}
