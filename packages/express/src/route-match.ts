import type { IncomingMessage } from 'node:http';
import { notesOf } from '@ferretjs/core/http';
import type { Application, ExpressRequest, Route } from './express-types.js';
import { templateOf } from './route-template.js';

/** What Express knew when a route matched. By the time the response closes, it has put `baseUrl` back. */
interface Match {
  /** The last one that matched: `request.route`. */
  current: Route;
  /** The one that counts. */
  route: Route;
  baseUrl: string;
  app: Application | undefined;
}

/** Prototypes of requests that were looked at: those of applications have the accessor. */
const seen = new WeakSet<object>();

/**
 * Sees which route matches, by an accessor for `route` on the prototype that all requests of the application share:
 * Express assigns `request.route` at every match. A subscriber to the router's diagnostics channel costs ten times as much.
 */
export function watchRoutes(request: ExpressRequest): void {
  const prototype: object = Object.getPrototypeOf(request);
  if (seen.has(prototype)) return;
  seen.add(prototype);
  if (request.app?.request === prototype) watchPrototype(prototype);
}

function watchPrototype(prototype: object): void {
  Object.defineProperty(prototype, 'route', {
    configurable: true,
    enumerable: true,
    get(this: ExpressRequest) {
      return matchOf(this)?.current;
    },
    set(this: ExpressRequest, route: Route) {
      if (!matched(this, route)) setOwnRoute(this, route);
    },
  });
}

/** Whether a request has come here through a route already, which set a property of its own. */
export function hasOwnRoute(request: ExpressRequest): boolean {
  return Object.hasOwn(request, 'route');
}

/** Notes that route down as if it had been seen, once the request has its span. */
export function adoptOwnRoute(request: ExpressRequest): void {
  const { route } = request;
  Reflect.deleteProperty(request, 'route');
  request.route = route as Route;
}

/** @returns whether it could be noted down; without a span there is nowhere to */
function matched(request: ExpressRequest, route: Route): boolean {
  const notes = notesOf(request);
  if (notes === undefined) return false;
  const match = notes.note as Match | undefined;
  if (match === undefined) {
    notes.note = { current: route, route, baseUrl: request.baseUrl ?? '', app: request.app } satisfies Match;
    return true;
  }
  match.current = route;
  // Once the head is sent, the handler that sent it is the one that counts.
  if (!request.res?.headersSent) {
    match.route = route;
    match.baseUrl = request.baseUrl ?? '';
    match.app = request.app;
  }
  return true;
}

function matchOf(request: IncomingMessage): Match | undefined {
  return notesOf(request)?.note as Match | undefined;
}

/** As it would be without Ferret. */
function setOwnRoute(request: ExpressRequest, route: Route): void {
  Object.defineProperty(request, 'route', { value: route, configurable: true, enumerable: true, writable: true });
}

/** The whole template of the route that answered; `undefined` if none matched. */
export function routeOf(request: ExpressRequest): string | undefined {
  const match = matchOf(request);
  if (match !== undefined) return templateOf(match.route, match.baseUrl, match.app, request);
  const { route } = request;
  // A router or an application out of sight: its own path is all there is to be known.
  return route === undefined ? undefined : templateOf(route, '', undefined, request);
}
