import type { IncomingMessage } from 'node:http';
import type { Attributes } from '@ferretjs/core';
import { annotateRequest } from '@ferretjs/core/adapter';
import type { Request } from 'express';
import type { FerretMiddleware } from './express-types.js';

/**
 * Middleware that adds attributes to the request's span, for one route or for a router. If a function throws, the span
 * gets only `ferret.annotate_error`.
 *
 * @param attributes fixed attributes, or a function that makes them from the request
 * @example
 * app.get('/cart/:id', annotate({ team: 'growth' }), showCart);
 * app.get('/cart/:id', annotate((request) => ({ 'cart.id': request.params.id })), showCart);
 */
export function annotate<R extends IncomingMessage = Request>(
  attributes: Attributes | ((request: R) => Attributes),
): FerretMiddleware {
  return function ferretAnnotate(request, _response, next) {
    annotateRequest(request, attributes, request as R);
    next();
  };
}
