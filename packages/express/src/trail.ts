import type { ServerResponse } from 'node:http';
import type { ExpressRequest, Layer, Next, Route } from './express-types.js';
import { pathOf } from './express-types.js';
import { partTaken, registeredPath } from './layer-path.js';

/** Deepest nesting of routers that is noted. It exceeds any real nesting, and bounds a router that calls itself. */
const MAX_DEPTH = 50;

/**
 * The way of one request through routers. It is noted while the request passes, because the parts of its name are gone
 * when the response closes.
 */
export interface Trail {
  /** Released with the trail, at the end of the span. */
  readonly request: ExpressRequest;
  /** The run of the router that the request is in. */
  router: RouterRun | undefined;
  /** The last route that matched before the head was sent, and below it its whole template. */
  route: Route | undefined;
  template: string | undefined;
  /** Counts mounts and routes, to order them. */
  step: number;
  routeStep: number;
  /** Whether an error is on its way to an error handler, and no other layer was entered since. */
  isFailing: boolean;
  /** Receives the errors that are passed to `next`, if `recordExceptions` is set. */
  readonly onError: ((error: unknown) => void) | undefined;
}

/** A single run of a router. */
export interface RouterRun {
  /** The `next` function of this run. Express makes one for each run, and keeps it on the request meanwhile. */
  readonly next: unknown;
  /** The router's own `next`, if {@link next} is a wrapper that receives errors. */
  readonly ownNext: unknown;
  readonly outer: RouterRun | undefined;
  readonly depth: number;
  /**
   * The part of the URL that mounts had removed before the router was entered, as the client sent it; only ever
   * compared.
   */
  readonly baseUrl: string;
  /** The same part as the application registered it. */
  readonly template: string;
  /** The rest of the URL; `undefined` if it is not known. */
  readonly url: string | undefined;
  /** The mount that is running, if its path is not `/`. */
  mount: Mount | undefined;
}

interface Mount {
  readonly template: string | undefined;
  readonly baseUrl: string;
  readonly url: string;
  readonly step: number;
}

export function createTrail(request: ExpressRequest, onError?: (error: unknown) => void): Trail {
  return {
    request,
    router: undefined,
    route: undefined,
    template: undefined,
    step: 0,
    routeStep: 0,
    isFailing: false,
    onError,
  };
}

export function isTrail(note: unknown): note is Trail {
  return typeof note === 'object' && note !== null && 'routeStep' in note;
}

/** Begins a trail inside a mounted router, where the URL has already lost its beginning. */
export function enterMounted(trail: Trail, request: ExpressRequest, template: string | undefined): void {
  const { baseUrl = '', url = '' } = request;
  const outside = createRun(trail, undefined, undefined, '', '', undefined);
  outside.mount = { template, baseUrl, url, step: 0 };
  trail.router = createRun(trail, request, outside, baseUrl, template ?? '', url);
}

/** Notes that a router is about to run one of its layers. */
export function enterLayer(trail: Trail, layer: Layer, request: ExpressRequest, response: ServerResponse): void {
  const router = routerOf(trail, layer, request);
  trail.isFailing = false;
  if (layer.route !== undefined) noteRoute(trail, router, layer, layer.route, request, response);
  else router.mount = isMounted(layer) ? mountOf(trail, router, layer, request, response) : undefined;
}

function isMounted({ slash, regexp, handle }: Layer): boolean {
  // A function with four parameters is an error handler, which is skipped.
  return !slash && !regexp?.fast_slash && typeof handle === 'function' && handle.length < 4;
}

function noteRoute(
  trail: Trail,
  router: RouterRun,
  layer: Layer,
  route: Route,
  request: ExpressRequest,
  response: ServerResponse,
): void {
  router.mount = undefined;
  // Once the head is sent, the route that sent it counts.
  if (trail.route !== undefined && response.headersSent) return;
  const own = registeredPath(layer, () => pathOf(request.url ?? '')) ?? '';
  trail.route = route;
  trail.template = baseTemplate(router, request) + own || '/';
  trail.routeStep = ++trail.step;
}

function mountOf(
  trail: Trail,
  router: RouterRun,
  layer: Layer,
  request: ExpressRequest,
  response: ServerResponse,
): Mount | undefined {
  if (response.headersSent) return undefined;
  const { baseUrl = '', url = '' } = request;
  const own = registeredPath(layer, () => baseUrl.slice(router.baseUrl.length) + pathOf(url));
  if (own === '') return undefined;
  const template = own === undefined ? undefined : baseTemplate(router, request) + own;
  return { template, baseUrl, url, step: ++trail.step };
}

/**
 * Returns the template of the part that was removed from the URL before a router. Returns an empty one if the URL was
 * rewritten since, because the removed part may be in it again.
 */
function baseTemplate(router: RouterRun, request: ExpressRequest): string {
  if (router.template === '' || router.url === undefined) return router.template;
  const { baseUrl = '', url = '' } = request;
  const now = baseUrl.slice(router.baseUrl.length) + url;
  // The router adds a slash if nothing is left.
  const isSame = now === router.url || !router.url.startsWith('/') || withoutAddedSlash(now) === router.url;
  return isSame ? router.template : '';
}

function withoutAddedSlash(url: string): string {
  return url.replace(/\/(?=\?|$)/, '');
}

/**
 * Finds the run that a layer belongs to. A new run continues from the innermost router or mount that the layer fits to:
 * routers are called by mounts, and also by functions (`vhost`), one after the other.
 */
function routerOf(trail: Trail, layer: Layer, request: ExpressRequest): RouterRun {
  const { next } = request;
  for (let router = trail.router; router !== undefined; router = router.outer) {
    if (router.next === next) {
      trail.router = router;
      return router;
    }
  }
  const router = newRun(trail, layer, request);
  trail.router = router;
  return router;
}

function newRun(trail: Trail, layer: Layer, request: ExpressRequest): RouterRun {
  for (let outer = trail.router; outer !== undefined; outer = outer.outer) {
    if (outer.depth >= MAX_DEPTH) continue;
    const { mount } = outer;
    if (mount !== undefined && fits(layer, mount.baseUrl, request)) {
      return createRun(trail, request, outer, mount.baseUrl, mount.template ?? outer.template, mount.url);
    }
    if (fits(layer, outer.baseUrl, request)) {
      return createRun(trail, request, outer, outer.baseUrl, outer.template, outer.url);
    }
  }
  return createRun(trail, request, undefined, '', '', undefined);
}

/** Whether the layer that runs has removed exactly the part of the URL after `base`. */
function fits(layer: Layer, base: string, request: ExpressRequest): boolean {
  const { baseUrl = '', url = '' } = request;
  if (layer.route !== undefined || layer.slash || layer.regexp?.fast_slash) return baseUrl === base;
  if (!baseUrl.startsWith(base)) return false;
  const taken = baseUrl.slice(base.length);
  return partTaken(layer, taken + pathOf(url)) === taken;
}

function createRun(
  trail: Trail,
  request: ExpressRequest | undefined,
  outer: RouterRun | undefined,
  baseUrl: string,
  template: string,
  url: string | undefined,
): RouterRun {
  const ownNext = request?.next;
  let next = ownNext;
  if (trail.onError !== undefined && request !== undefined && typeof ownNext === 'function') {
    next = hearingNext(trail.onError, ownNext as Next);
    request.next = next;
  }
  const depth = outer === undefined ? 0 : outer.depth + 1;
  return { next, ownNext, outer, depth, baseUrl, template, url, mount: undefined };
}

/**
 * Makes a `next` that reports errors. It also replaces the one on the request, so that the application sees the same
 * function in both places.
 */
function hearingNext(onError: (error: unknown) => void, ownNext: Next): Next {
  return function next(error) {
    if (error && error !== 'route' && error !== 'router') onError(error);
    ownNext(error);
  };
}

/**
 * Returns the template of the mount whose function answered, with `/*` for paths below it; `undefined` if none answered
 * since the last route.
 */
export function answeringMount(trail: Trail, request: ExpressRequest, status: number): string | undefined {
  const mount = findMount(trail, request, status);
  if (mount?.template === undefined) return undefined;
  return pathOf(mount.url) === '/' ? mount.template : `${mount.template}/*`;
}

function findMount(trail: Trail, request: ExpressRequest, status: number): Mount | undefined {
  let innermost: Mount | undefined;
  for (let router = trail.router; router !== undefined; router = router.outer) {
    const { mount } = router;
    if (mount === undefined || mount.step < trail.routeStep) continue;
    innermost ??= mount;
    // The router restores `baseUrl` when a mounted function calls `next`. A mount that removed nothing cannot be
    // recognised by that.
    if (mount.baseUrl === request.baseUrl && (mount.baseUrl !== router.baseUrl || status !== 404)) return mount;
  }
  // An error that was thrown in a mount is answered outside of it.
  const hasFailed = trail.isFailing || (status >= 400 && status !== 404);
  return hasFailed ? innermost : undefined;
}
