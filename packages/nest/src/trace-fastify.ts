import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { HttpTracer } from '@ferretjs/core/http';

/** What this package looks at of a Fastify application. */
export interface Fastify {
  readonly server: Server;
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequest, reply: { readonly raw: ServerResponse }, done: () => void) => void,
  ): unknown;
}

interface FastifyRequest {
  readonly raw: RoutedRequest;
  /** Of the route that matched; without a `url` if none did. */
  readonly routeOptions: { readonly url?: string };
}

const ROUTE = Symbol.for('ferretjs.nest.route');

interface RoutedRequest extends IncomingMessage {
  [ROUTE]?: string | undefined;
}

const routeOf = (request: RoutedRequest): string | undefined => request[ROUTE];

/** Makes every request to a Fastify application a span. */
export function traceFastify(fastify: Fastify, http: HttpTracer): void {
  wrapListeners(fastify.server, http);
  fastify.addHook('onRequest', ({ raw, routeOptions }, reply, done) => {
    raw[ROUTE] = routeOptions.url;
    // For those that do not come by the server: `inject()`, and `localhost`'s second address.
    http.trace(raw, reply.raw, routeOf, done);
  });
}

/**
 * Around Fastify's own listener, because its hooks come too late: Nest's middleware runs in one that was added before, and
 * a malformed URL is answered without any.
 */
function wrapListeners(server: Server, http: HttpTracer): void {
  for (const listener of server.listeners('request')) {
    server.off('request', listener as (...args: unknown[]) => void);
    server.on('request', function (this: Server, request, response) {
      http.trace(request, response, routeOf, () => listener.call(this, request, response));
    });
  }
}
