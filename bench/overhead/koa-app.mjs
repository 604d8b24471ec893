import { Router } from '@koa/router';
import Koa from 'koa';
import { route, userOf } from './routes.mjs';

/** The Koa app under test, with its usual router. */
export async function listen({ routes, middleware }) {
  const app = new Koa();
  if (middleware) app.use(middleware);
  const router = new Router();
  for (let index = 0; index < routes; index++) {
    router.get(route(index), (ctx) => {
      ctx.body = userOf(ctx.params.id);
    });
  }
  app.use(router.routes());
  const server = app.listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}
