import type { Attributes } from '@ferretjs/core';
import { annotateRequest } from '@ferretjs/core/adapter';
import type { DefaultContext, DefaultState, Middleware, ParameterizedContext } from 'koa';

/**
 * Middleware that adds attributes to the request's span, for one route or for a router. If a function throws, the span
 * gets only `ferret.annotate_error`.
 *
 * @param attributes fixed attributes, or a function that makes them from the context
 * @example
 * router.get('/cart/:id', annotate({ team: 'growth' }), showCart);
 * router.get('/cart/:id', annotate((ctx) => ({ 'cart.path': ctx.path })), showCart);
 */
export function annotate<StateT = DefaultState, ContextT = DefaultContext>(
  attributes: Attributes | ((ctx: ParameterizedContext<StateT, ContextT>) => Attributes),
): Middleware<StateT, ContextT> {
  return function ferretAnnotate(ctx, next) {
    annotateRequest(ctx.req, attributes, ctx);
    return next();
  };
}
