import { processWide } from '@ferretjs/core/adapter';
import type { ParameterizedContext } from 'koa';

/** A context with the properties of `@koa/router` and `koa-mount`. Other code may set any of them. */
export interface RoutedContext extends ParameterizedContext {
  /** All layers whose path matched, of all routers so far. */
  readonly matched?: unknown;
  /** The pattern of the layer that runs, under the private name of `@koa/router`. */
  readonly _matchedRoute?: unknown;
  readonly mountPath?: unknown;
}

/**
 * The adapter's state of applications and of current requests. Both builds of this package, CommonJS and ES module,
 * share it. It is kept beside the application's objects: nothing is added to a context or a prototype.
 */
export const registry = processWide('koa', () => ({
  /** Prototypes whose `onerror` reports to Ferret. */
  hookedContexts: new WeakSet<object>(),
  /** Prototypes of requests whose `path` was searched for, and below those whose own `path` reports to Ferret. */
  knownRequests: new WeakSet<object>(),
  hookedRequests: new WeakSet<object>(),
  /** The contexts of inner applications, by request. */
  inner: new WeakMap<object, RoutedContext[]>(),
}));

/** Reads a property of a context; `undefined` if an accessor throws. */
export function read(
  ctx: RoutedContext,
  key: 'matched' | '_matchedRoute' | 'mountPath' | 'respond' | 'body' | 'onerror',
): unknown {
  try {
    return ctx[key];
  } catch {
    return undefined;
  }
}

/** Returns the path as the client sent it: `/a` for `/a?b` and for `http://host/a` (RFC 9112, section 3.2). */
export function originalPath({ originalUrl }: RoutedContext): string {
  const question = originalUrl.indexOf('?');
  const target = question === -1 ? originalUrl : originalUrl.slice(0, question);
  const scheme = target.startsWith('/') ? -1 : target.indexOf('://');
  if (scheme === -1) return target;
  const slash = target.indexOf('/', scheme + 3);
  return slash === -1 ? '/' : target.slice(slash);
}
