import type { IncomingMessage } from 'node:http';

/** Requests that have reached a controller's handler, or at least its guards. */
const described = new WeakSet<IncomingMessage>();

/** Notes that a request has reached a controller's handler, so that its route is the handler's. */
export function reachedHandler(request: IncomingMessage): void {
  described.add(request);
}

/** A wildcard that matches everything, as static files and proxies use: `*`, `/*`, `/*path`, `{*any}`. */
const CATCH_ALL = /^\/?\{?\/?\*\w*\}?$/;

/** A wildcard at the end of a path, as Nest translates `files/*` for Express. Fastify gets it unchanged. */
const OPTIONAL_WILDCARD = /\/?\{\/?\*\w*\}$/;

/**
 * Names a request by the same rule on each platform: by the template of the controller's handler it went to, or by that
 * of a route or mount of the platform itself that answered. A request that Nest's middleware or a body parser answers
 * has no route, whatever path the middleware was registered for. Neither has a request that a wildcard for everything
 * matches.
 *
 * @param isMiddleware whether Nest's middleware answered, judged by the route that was found
 */
export function routeName(
  request: IncomingMessage,
  route: string | undefined,
  isMiddleware: (request: IncomingMessage, route: string) => boolean = () => false,
): string | undefined {
  if (route === undefined) return undefined;
  if (!described.has(request) && (CATCH_ALL.test(route) || isMiddleware(request, route))) return undefined;
  return route.endsWith('}') ? route.replace(OPTIONAL_WILDCARD, '/*') : route;
}
