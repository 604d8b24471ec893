import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { HttpTracer } from '@ferretjs/core/adapter';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { routeName } from './route-names.js';

type Done = () => unknown;
type Hook = (request: FastifyRequest, reply: FastifyReply, done: Done) => unknown;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Done) => unknown;

/** The part of a Fastify application that this package uses. */
interface Fastify {
  readonly server: Server;
  addHook(name: 'onRequest' | 'preValidation' | 'preHandler', hook: Hook): unknown;
  /** The method of `@fastify/middie`, once it is loaded. */
  use?(middleware: Middleware): unknown;
}

interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly routeOptions: RouteOptions;
}

interface FastifyReply {
  readonly raw: ServerResponse;
}

/** The options of the route that matched; without a `url` if none did. */
interface RouteOptions {
  readonly url?: string;
  /** `@fastify/static` makes a route for each file, and notes the file here. */
  readonly config?: { readonly file?: unknown; readonly rootPath?: unknown };
}

/** The hook of Nest's adapter that runs before all others; later versions of Nest 11 have it. */
interface AdapterWithHook {
  readonly onRequestHook?: Hook;
  setOnRequestHook(hook: Hook): void;
}

/** The templates of the routes whose handlers are about to run, by request. */
const routes = new WeakMap<IncomingMessage, string>();

/** Records every request to a Fastify application as a span. Throws if the application has started already. */
export function traceFastify(adapter: AbstractHttpAdapter, http: HttpTracer): void {
  const fastify = adapter.getInstance<Fastify>();
  const routeOf = (request: IncomingMessage) => routeName(request, routes.get(request));
  // This hook runs after everything that may answer instead of the handler, including the body parser. As in Express,
  // such a response is not one of the route.
  fastify.addHook('preValidation', ({ raw, routeOptions }, reply, done) => {
    try {
      const template = templateOf(routeOptions);
      if (template !== undefined) routes.set(raw, template);
    } catch {
      // The route is not one of Fastify's own.
    }
    return http.trace(raw, reply.raw, routeOf, done);
  });
  traceInjected(adapter, fastify, (request, response, next) => http.trace(request, response, routeOf, next));
  wrapListeners(fastify.server, (request, response, next) => http.trace(request, response, routeOf, next));
}

/**
 * Enters the span again before the handler: hooks and body parsers that continue in a callback may have lost the
 * context.
 */
export function resumeInFastify(adapter: AbstractHttpAdapter, http: HttpTracer): void {
  adapter
    .getInstance<Fastify>()
    .addHook('preHandler', ({ raw }, reply, done) => http.trace(raw, reply.raw, noRoute, done));
}

const noRoute = (): undefined => undefined;

/**
 * Traces requests that do not come through the server (`inject()`, and the second address of `localhost`). It runs
 * before all other hooks, so that responses of middleware are recorded as well.
 */
function traceInjected(adapter: AbstractHttpAdapter, fastify: Fastify, trace: Middleware): void {
  if ('setOnRequestHook' in adapter) {
    const withHook = adapter as unknown as AdapterWithHook;
    const { onRequestHook } = withHook;
    withHook.setOnRequestHook((request, reply, done) =>
      trace(request.raw, reply.raw, () =>
        onRequestHook === undefined ? done() : onRequestHook.call(withHook, request, reply, done),
      ),
    );
  } else if (fastify.use !== undefined) fastify.use(trace);
  else fastify.addHook('onRequest', ({ raw }, reply, done) => trace(raw, reply.raw, done));
}

/**
 * Returns the template of a route, never with the name of a file: for a route of `@fastify/static`, the path under
 * which files are served, as in Express.
 */
function templateOf({ url, config }: RouteOptions): string | undefined {
  const file = config?.file;
  if (url === undefined || typeof file !== 'string' || config?.rootPath === undefined) return url;
  const mount = url.endsWith(file) ? url.slice(0, url.length - file.length) : '';
  if (mount === '') return undefined;
  return file === '' || file === '/' ? mount : `${mount}/*`;
}

/**
 * Wraps Fastify's own listener, because its hooks run too late: it answers a malformed URL without any. The wrapper has
 * the property `listener`, as a listener of `once()` does, so that the server still shows and removes the original one.
 */
function wrapListeners(server: Server, trace: Middleware): void {
  for (const listener of server.rawListeners('request') as Listener[]) {
    server.off('request', listener);
    server.on('request', 'listener' in listener ? listener : wrap(listener, trace));
  }
}

type Listener = ((...args: [IncomingMessage, ServerResponse]) => unknown) & { readonly listener?: unknown };

function wrap(listener: Listener, trace: Middleware): Listener {
  const wrapper = function (this: Server, request: IncomingMessage, response: ServerResponse) {
    return trace(request, response, () => listener.call(this, request, response));
  };
  return Object.assign(wrapper, { listener });
}
