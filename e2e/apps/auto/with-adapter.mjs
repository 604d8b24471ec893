// Applications that have Ferret's adapter and were started with @ferretjs/auto as well. ADAPTER says which; DATABASE is
// the file that the application itself names.
import { once } from 'node:events';
import http from 'node:http';
import { createFerret } from '@ferretjs/core';
import { ferret as express } from '@ferretjs/express';
import { ferret as koa } from '@ferretjs/koa';
import makeExpress from 'express';
import Koa from 'koa';

const database = process.env.DATABASE;

const LISTENERS = {
  'express, options': () => expressWith(express({ database, service: 'own' })),
  'express, instance': () => expressWith(express(createFerret({ database, service: 'own' }))),
  'koa, options': () => koaWith(koa({ database, service: 'own', routeOf: (ctx) => ctx.state.route })),
};

function expressWith(middleware) {
  const app = makeExpress();
  app.use(middleware);
  app.get('/users/:id', (_request, response) => response.send('ok'));
  return app;
}

function koaWith(middleware) {
  const app = new Koa();
  app.use(middleware);
  app.use((ctx) => {
    ctx.state.route = '/own/:route';
    ctx.body = 'ok';
  });
  return app.callback();
}

const server = http.createServer(LISTENERS[process.env.ADAPTER]());
await once(server.listen(0, '127.0.0.1'), 'listening');
const [response] = await once(http.get({ port: server.address().port, path: '/users/7', agent: false }), 'response');
await once(response.resume(), 'close');
server.close();
