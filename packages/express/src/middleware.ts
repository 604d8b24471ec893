import type { Ferret, FerretOptions } from '@ferretjs/core';
import { exceptionThrown, ferretFor } from '@ferretjs/core/http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { ExpressRequest } from './express-types.js';
import { isToBeWatched, routeOf, watchRequest } from './route-match.js';
import { recordRouterErrors } from './router-errors.js';

/**
 * Middleware that makes every request a span. Mount it first: `app.use(ferret())`.
 *
 * @param optionsOrInstance Nothing: the process's default Ferret. Options: a new one. A Ferret: that one.
 * @throws FerretError `INVALID_OPTION` at the call, never later.
 * @example
 * const app = express();
 * app.use(ferret());
 */
export function ferret(optionsOrInstance?: FerretOptions | Ferret): RequestHandler {
  const { http } = ferretFor(optionsOrInstance);
  if (http.options.recordExceptions) recordRouterErrors();
  return function ferretMiddleware(request, response, next) {
    const watched = request as unknown as ExpressRequest;
    if (!isToBeWatched(watched)) http.trace(request, response, routeOf, next);
    else {
      http.trace(request, response, routeOf, () => {
        watchRequest(watched);
        next();
      });
    }
  };
}

/**
 * Error middleware that keeps the exception itself on the request's span (`exception.*`) and passes it on. Mount it
 * behind the routes and before your own error handlers: `app.use(ferret.errors())`.
 */
ferret.errors = (): ErrorRequestHandler =>
  function ferretErrors(error, request, _response, next) {
    exceptionThrown(request, error);
    next(error);
  };
