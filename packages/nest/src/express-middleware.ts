import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';

type Factory = Awaited<ReturnType<AbstractHttpAdapter['createMiddlewareFactory']>>;
type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (...args: unknown[]) => unknown,
) => unknown;

/** Nest's number for middleware that it mounts with `use()` instead of making a route of it. */
const NO_METHOD = -1;

/**
 * Recognises requests that Nest's middleware answers in Express, where that middleware consists of routes and mounts.
 *
 * @returns a function that tells whether the route of a request belongs to Nest's middleware, for requests that have
 *   not reached a handler
 */
export function watchMiddleware(adapter: AbstractHttpAdapter): (request: IncomingMessage, route: string) => boolean {
  const routes = new Set<string>();
  /** Requests in middleware that shares its path with other layers. */
  const inside = new WeakSet<IncomingMessage>();

  const watch = (middleware: Middleware): Middleware =>
    function (this: unknown, request, response, next) {
      inside.add(request);
      return middleware.call(this, request, response, (...args) => {
        inside.delete(request);
        return next(...args);
      });
    };

  const { createMiddlewareFactory } = adapter;
  adapter.createMiddlewareFactory = (method) => {
    const watched =
      (register: Factory): Factory =>
      (path, callback) => {
        const route = withoutNames(path.replace(/\$$/, '').replace(/(?<=.)\/$/, ''), /\*\w*|\(\.\*\)|\+$/g);
        if ((method as number) === NO_METHOD && !route.includes('*'))
          return register(path, watch(callback as Middleware));
        routes.add(route);
        return register(path, callback);
      };
    const register = createMiddlewareFactory.call(adapter, method);
    return register instanceof Promise ? register.then(watched) : watched(register);
  };
  return (request, route) => inside.has(request) || routes.has(withoutNames(route, /\*\w+/g));
}

/** Nest translates wildcards of older versions, and gives them names. */
function withoutNames(path: string, wildcards: RegExp): string {
  return path.replace(/[{}]/g, '').replace(wildcards, '{*}');
}
