import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createRequire } from 'node:module';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { currentSpan } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/koa';
import Router from '@koa/router';
import type Koa3 from 'koa';
import type { Context, Middleware } from 'koa';
import mount from 'koa-mount';
import serverless from 'serverless-http';
import type { WebSocket } from 'ws';
import {
  endlessStream,
  endlessWebStream,
  HEADERS,
  LARGE_TEXT,
  largeFile,
  measureWith,
  type Stack,
  slowly,
} from '../stack.js';

const require = createRequire(import.meta.url);
const compress: () => Middleware = require('koa-compress');
const websocket: () => Middleware = require('koa-easy-ws');

export function koaStack(name: string, Koa: typeof Koa3): Stack {
  return {
    name,
    namesHandlers: false,
    mount: { own: '/files', below: '/files/*' },
    invokedBy: { 'url.scheme': 'https', 'server.port': 443 },
    async build(instance) {
      const measure = measureWith(instance);
      const app = new Koa();
      app.silent = true;
      if (instance !== undefined) app.use(ferret(instance));

      const router = new Router();
      router.get('/plain', (ctx) => {
        ctx.body = 'plain';
      });
      const users = new Router();
      users.get('/:id', (ctx) => {
        ctx.body = ctx.params;
      });
      users.get('/:id/boom', () => {
        throw new TypeError('nested');
      });
      const api = new Router({ prefix: '/api' });
      api.use('/t/:tenant/users', users.routes());
      router.use(api.routes());
      router.get('/slow', async (ctx) => {
        await pause(30);
        ctx.body = 'slow';
      });
      router.get('/stream', (ctx) => {
        ctx.body = Readable.from(slowly('one', 'two'));
      });
      router.get('/events', (ctx) => {
        ctx.type = 'text/event-stream';
        ctx.body = Readable.from(slowly('data: 1\n\n', 'data: 2\n\n'));
      });

      router.get('/throws', () => {
        throw new TypeError('early');
      });
      router.get('/rejects', async () => {
        await Promise.resolve();
        throw new RangeError('async');
      });
      router.get('/late', async (ctx) => {
        const body = new PassThrough();
        ctx.body = body;
        body.write('half');
        // Koa 2 leaves a response whose stream fails open, and what is to become of it to the application.
        body.on('error', (error) => ctx.res.destroy(error));
        setTimeout(() => body.destroy(new SyntaxError('late')), 30);
      });
      router.get('/hang', () => new Promise(() => {}));
      router.get('/half', (ctx) => {
        const body = new PassThrough();
        ctx.body = body;
        body.write('half');
      });

      router.get('/empty', (ctx) => {
        ctx.status = 204;
      });
      router.get('/unchanged', (ctx) => {
        ctx.status = 304;
      });
      router.get('/missing/:id', (ctx) => {
        ctx.status = 404;
        ctx.body = 'no such thing';
      });
      router.post('/upload', async (ctx) => {
        let body = '';
        for await (const chunk of ctx.req) body += chunk;
        await measure('INSERT', () => Promise.resolve());
        currentSpan()?.annotate({ seen: true });
        ctx.body = JSON.parse(body);
      });
      router.get('/child', async (ctx) => {
        await measure('outer', async () => measure('inner', () => Promise.resolve()));
        ctx.body = 'child';
      });
      const annotations =
        instance === undefined
          ? []
          : [
              annotate({ team: 'growth', tier: 1 }),
              annotate((ctx) => ({ 'cart.id': ctx.path.split('/')[2], tier: 2 })),
            ];
      router.get('/carts/:id', ...annotations, (ctx) => {
        ctx.body = 'cart';
      });

      router.get('/large/text', (ctx) => {
        ctx.body = LARGE_TEXT;
      });
      router.get('/large/file', (ctx) => {
        ctx.body = createReadStream(largeFile());
      });
      router.get('/large/web', (ctx) => {
        ctx.body = Readable.fromWeb(endlessWebStream() as never);
      });
      router.get('/large/iterator', (ctx) => {
        ctx.body = endlessStream();
      });
      router.get('/large/compressed', compress(), (ctx) => {
        ctx.type = 'text/plain';
        ctx.body = endlessStream();
      });

      app.use(router.routes());
      app.use(
        mount('/files', async (ctx: Context, next: () => Promise<unknown>) => {
          if (ctx.path === '/nothing') await next();
          else ctx.body = ctx.path;
        }),
      );
      const handler = serverless(app);
      return {
        server: createServer(app.callback()),
        invoke: async (path) => {
          const event = { httpMethod: 'GET', path, headers: HEADERS, requestContext: {}, body: null };
          const { statusCode, body } = (await handler(event, {})) as { statusCode: number; body: string };
          return `${statusCode} ${body}`;
        },
        close: async () => {},
      };
    },

    async buildHttp2(instance) {
      const app = new Koa();
      app.silent = true;
      if (instance !== undefined) app.use(ferret(instance));
      const users = new Router({ prefix: '/api/t/:tenant/users' });
      users.get('/:id', (ctx) => {
        ctx.body = ctx.params;
      });
      const router = new Router();
      router.get('/hang', () => new Promise(() => {}));
      app.use(users.routes()).use(router.routes());
      return { server: createHttp2Server(app.callback()), close: async () => {} };
    },

    socket: { route: '/rooms/:room', path: '/rooms/7' },
    async buildSockets(instance) {
      const app = new Koa();
      if (instance !== undefined) app.use(ferret(instance));
      app.use(websocket());
      const router = new Router();
      router.get('/rooms/:room', async (ctx) => {
        const socket: WebSocket = await (ctx as unknown as { ws: () => Promise<WebSocket> }).ws();
        socket.on('message', (word) => socket.send(String(word)));
      });
      app.use(router.routes());
      return { server: createServer(app.callback()), close: async () => {} };
    },
  };
}
