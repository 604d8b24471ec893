import type { Attributes } from '@ferretjs/core';
import { annotateRequest } from '@ferretjs/core/http';
import type { Middleware, ParameterizedContext } from 'koa';

/**
 * Middleware that puts attributes on the request's span, for one route or for a router. A function that throws leaves
 * the span as it is, but for `ferret.annotate_error`.
 *
 * @example
 * router.get('/cart/:id', annotate({ team: 'growth' }), showCart);
 * router.get('/cart/:id', annotate((ctx) => ({ 'cart.path': ctx.path })), showCart);
 */
export function annotate(attributes: Attributes | ((ctx: ParameterizedContext) => Attributes)): Middleware {
  return function ferretAnnotate(ctx, next) {
    annotateRequest(ctx.req, attributes, ctx);
    return next();
  };
}
