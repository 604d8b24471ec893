import type { IncomingMessage } from 'node:http';
import type { Attributes } from '@ferretjs/core';
import { spanOf } from '@ferretjs/core/http';
import type { Middleware } from './express-types.js';

/** Makes attributes of a request. */
export type RequestAttributes<Request extends IncomingMessage> = (request: Request) => Attributes;

/**
 * Middleware that puts attributes on the request's span, for one route or for a router. A function that throws leaves
 * the span as it is.
 *
 * @example
 * app.get('/cart/:id', annotate({ team: 'growth' }), showCart);
 * app.get('/cart/:id', annotate((request) => ({ 'cart.id': request.params.id })), showCart);
 */
export function annotate<Request extends IncomingMessage = IncomingMessage>(
  attributes: Attributes | RequestAttributes<Request>,
): Middleware<Request> {
  return function ferretAnnotate(request, _response, next) {
    const span = spanOf(request);
    if (span !== undefined) {
      try {
        span.annotate(typeof attributes === 'function' ? attributes(request) : attributes);
      } catch (error) {
        span.annotate({ 'ferret.annotate_error': error });
      }
    }
    next();
  };
}
