import type { IncomingMessage } from 'node:http';
import { notesOf } from '@ferretjs/core/http';
import type { Application, ExpressRequest, Route } from './express-types.js';
import { templateOf } from './route-template.js';

/** What Express knew when a route matched. By the time the response closes, it has put `baseUrl` back. */
interface Match {
  /** What was assigned last: `request.route`. */
  current: unknown;
  /** The one that counts. */
  route: Route | undefined;
  baseUrl: string;
  app: Application | undefined;
}

/** Express assigns `request.route` at every match. A subscriber to the router's diagnostics channel costs ten times as much. */
const ACCESSOR: PropertyDescriptor & ThisType<ExpressRequest> = {
  configurable: true,
  enumerable: true,
  get() {
    return matchOf(this)?.current;
  },
  set(value: unknown) {
    if (!noteRoute(this, value)) setOwnRoute(this, value);
  },
};

/** Prototypes of requests, and whether each of these requests needs an accessor of its own. */
const prototypes = new WeakMap<object, boolean>();

/**
 * Whether a request has to be watched by itself, with {@link watchRequest}, once it has its span. Mostly not: the accessor for `route`
 * is on the prototype that all requests of the application share.
 */
export function isToBeWatched(request: ExpressRequest): boolean {
  // It has come here through a route already.
  if (Object.hasOwn(request, 'route')) return true;
  const prototype: object = Object.getPrototypeOf(request);
  let isToBe = prototypes.get(prototype);
  if (isToBe === undefined) {
    isToBe = request.app !== undefined && !isWatchedBy(prototype, request.app);
    prototypes.set(prototype, isToBe);
  }
  return isToBe;
}

/**
 * A mounted application gives a request back to the one around it, with that one's prototype: what it would find on the request
 * without Ferret has to be there.
 */
function isWatchedBy(prototype: object, app: Application): boolean {
  if ('route' in prototype) return true;
  if (app.request !== prototype || app.parent !== undefined) return false;
  Object.defineProperty(prototype, 'route', ACCESSOR);
  return true;
}

export function watchRequest(request: ExpressRequest): void {
  const own = Object.getOwnPropertyDescriptor(request, 'route');
  Object.defineProperty(request, 'route', ACCESSOR);
  if (own !== undefined && 'value' in own) request.route = own.value as Route;
}

/** @returns whether it could be noted down; without a span there is nowhere to */
function noteRoute(request: ExpressRequest, value: unknown): boolean {
  const notes = notesOf(request);
  if (notes === undefined) return false;
  let match = notes.note as Match | undefined;
  if (match === undefined) {
    match = { current: value, route: undefined, baseUrl: '', app: undefined };
    notes.note = match;
  }
  match.current = value;
  // Once the head is sent, the handler that sent it is the one that counts. The application may assign what it likes.
  if ((match.route === undefined || !request.res?.headersSent) && isRoute(value)) {
    match.route = value;
    match.baseUrl = request.baseUrl ?? '';
    match.app = request.app;
  }
  return true;
}

function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && 'path' in value;
}

function matchOf(request: IncomingMessage): Match | undefined {
  return notesOf(request)?.note as Match | undefined;
}

/** As it would be without Ferret. */
function setOwnRoute(request: ExpressRequest, value: unknown): void {
  Object.defineProperty(request, 'route', { value, configurable: true, enumerable: true, writable: true });
}

/** The whole template of the route that answered; `undefined` if none matched. */
export function routeOf(request: ExpressRequest): string | undefined {
  const match = matchOf(request);
  if (match?.route !== undefined) return templateOf(match.route, match.baseUrl, match.app, request);
  const { route } = request;
  // A router or an application out of sight: its own path is all there is to be known.
  return isRoute(route) ? templateOf(route, '', undefined, request) : undefined;
}
