import type { FerretInstance, HttpTracer, RouteOf } from '@ferretjs/core/adapter';
import { ferret as middlewareOf } from '@ferretjs/express';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { watchMiddleware } from './express-middleware.js';
import { routeName } from './route-names.js';

/** Mounts Express's middleware, with Nest's rule for the routes that it finds. */
export function traceExpress(adapter: AbstractHttpAdapter, ferret: FerretInstance): void {
  const isMiddleware = watchMiddleware(adapter);
  const { http } = ferret;
  let [express, named]: RouteOf[] = [];
  const trace: HttpTracer['trace'] = (request, response, routeOf, next) => {
    if (named === undefined || express !== routeOf) {
      express = routeOf;
      named = (request, response) => routeName(request, routeOf(request, response), isMiddleware);
    }
    return http.trace(request, response, named, next);
  };
  // The members of a Ferret that the middleware uses.
  const view = {
    measure: ferret.measure,
    report: ferret.report.bind(ferret),
    http: Object.create(http, { trace: { value: trace } }),
  };
  adapter.use(middlewareOf(view as unknown as FerretInstance));
}
