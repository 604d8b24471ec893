import type { IncomingMessage, ServerResponse } from 'node:http';

/** The parts of Express 4 and 5 that this package reads and the public types do not have. */
export interface Route {
  readonly path: unknown;
  readonly stack: readonly Layer[];
}

/** An entry in the stack of a router or of a route. */
export interface Layer {
  readonly handle: unknown;
  readonly name?: string;
  /** Present only on layers of `router.get(path, ...)` and similar calls. */
  readonly route?: Route | undefined;
  /** Present only on layers inside a route, with a value or without. */
  readonly method?: string | undefined;
  /** Express 5: whether the layer is mounted at `/`, so that it matches every path and removes nothing. */
  readonly slash?: boolean;
  /** Express 5, router 2.3 and newer: the path that the layer was registered with. */
  readonly rawPath?: unknown;
  /**
   * Express 5: one function for each path that the layer was registered with. Calling them does not change the layer.
   */
  readonly matchers?: readonly Matcher[];
  /** Express 4: the expression made from its path or paths; `fast_slash` means the same as `slash`. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly Key[];
}

/** A capture group in `Layer.regexp`: the parameter's name, or a number for a group without a name. */
export interface Key {
  readonly name: string | number;
}

/** Matches a path against one registered path of a layer. */
export type Matcher = (path: string) => false | { readonly path: string; readonly params: Record<string, unknown> };

/** An application of Express. */
export interface Application {
  /** The application that this one is mounted in. */
  readonly parent?: Application;
  readonly get?: (setting: string) => unknown;
}

/** A request with the properties that Express adds. */
export interface ExpressRequest extends IncomingMessage {
  readonly app?: Application;
  readonly baseUrl?: string;
  readonly originalUrl?: string;
  /** The `next` function of the router that runs. Each run has its own. */
  next?: unknown;
  readonly route?: unknown;
}

/**
 * Returns the layers of an application (`_router` in Express 4, `router` in 5) or of a router, and none for other
 * values.
 */
export function stackOf(value: unknown): readonly Layer[] {
  const router = routerOf(value) as { readonly stack?: unknown } | undefined;
  return Array.isArray(router?.stack) ? router.stack : [];
}

/** Returns the router of an application. A router is its own. */
export function routerOf(value: unknown): object | undefined {
  if (typeof value !== 'function') return undefined;
  const holder = value as { _router?: object; router?: object; stack?: unknown; set?: unknown };
  if (Array.isArray(holder.stack)) return holder;
  if (holder._router !== undefined) return holder._router;
  try {
    // In Express 4 this getter throws.
    return typeof holder.set === 'function' ? holder.router : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the path of a request target, without the query, the scheme and the host. */
export function pathOf(url: string): string {
  const question = url.indexOf('?');
  const target = question === -1 ? url : url.slice(0, question);
  if (target.startsWith('/')) return target;
  const host = target.indexOf('://');
  const slash = host === -1 ? -1 : target.indexOf('/', host + 3);
  return slash === -1 ? '/' : target.slice(slash);
}

/** The function that continues with the next middleware, or with an error handler. */
export type Next = (error?: unknown) => void;

/**
 * Middleware for every version of Express. Its type names only what it needs, so that types of route parameters are
 * inferred as without it.
 */
export type FerretMiddleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** Error middleware for every version of Express. */
export type FerretErrorMiddleware = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
) => void;
