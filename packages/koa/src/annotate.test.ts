import { MemorySink } from '@ferretjs/core/testing';
import Router, { type RouterContext } from '@koa/router';
import Koa, { type ParameterizedContext } from 'koa';
import { describe, expectTypeOf, it } from 'vitest';
import { annotate, ferret } from './index.js';

interface State {
  user: { id: string };
}

interface Custom {
  db: { query(sql: string): string };
}

describe('the types of ctx, with annotate() before a handler (A15)', () => {
  it('stay those of the application', () => {
    const app = new Koa<State, Custom>();
    app.use(ferret({ sink: new MemorySink(), shutdownHooks: false }));
    app.use(annotate({ team: 'growth' }));
    app.use((ctx) => {
      expectTypeOf(ctx.state.user.id).toEqualTypeOf<string>();
      expectTypeOf(ctx.db.query).returns.toEqualTypeOf<string>();
    });
  });

  it('stay those of the router, parameters included', () => {
    const router = new Router<State, Custom>();
    router.get('/carts/:id', annotate({ team: 'growth' }), (ctx) => {
      expectTypeOf(ctx.params).toEqualTypeOf<Record<string, string>>();
      expectTypeOf(ctx.state.user.id).toEqualTypeOf<string>();
      expectTypeOf(ctx.db.query).returns.toEqualTypeOf<string>();
    });
    new Router().get('/carts/:id', annotate({ team: 'growth' }), async (ctx, next) => {
      expectTypeOf(ctx.params).toEqualTypeOf<Record<string, string>>();
      await next();
    });
  });

  it('may be named by the function that makes the attributes', () => {
    const ofApplication = (ctx: ParameterizedContext<State, Custom>) => ({
      user: ctx.state.user.id,
      q: ctx.db.query(''),
    });
    const ofRoute = (ctx: RouterContext<State, Custom>) => ({ user: ctx.state.user.id, id: ctx.params['id'] });
    new Koa<State, Custom>().use(annotate(ofApplication));
    new Router<State, Custom>().get('/carts/:id', annotate(ofApplication), annotate(ofRoute), (ctx) => {
      expectTypeOf(ctx.state.user.id).toEqualTypeOf<string>();
      expectTypeOf(ctx.params).toEqualTypeOf<Record<string, string>>();
    });
    new Router().get(
      '/carts/:id',
      annotate((ctx: RouterContext) => ({ id: ctx.params['id'] })),
    );
  });
});
