import { createServer } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { currentSpan } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/koa';
import Router from '@koa/router';
import type Koa3 from 'koa';
import { measureWith, type Stack, slowly } from '../stack.js';

export function koaStack(name: string, Koa: typeof Koa3): Stack {
  return {
    name,
    namesHandlers: false,
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

      app.use(router.routes());
      return { server: createServer(app.callback()), close: async () => {} };
    },
  };
}
