import type { Attributes } from '@ferretjs/core';
import { annotateRequest } from '@ferretjs/core/http';
import type { Request, RequestHandler } from 'express';

/**
 * Middleware that puts attributes on the request's span, for one route or for a router. A function that throws leaves
 * the span as it is, but for `ferret.annotate_error`.
 *
 * @example
 * app.get('/cart/:id', annotate({ team: 'growth' }), showCart);
 * app.get('/cart/:id', annotate((request) => ({ 'cart.id': request.params.id })), showCart);
 */
export function annotate(attributes: Attributes | ((request: Request) => Attributes)): RequestHandler {
  return function ferretAnnotate(request, _response, next) {
    annotateRequest(request, attributes, request);
    next();
  };
}
