import type { IncomingMessage } from 'node:http';
import { exceptionThrown } from '@ferretjs/core/http';
import type { ParameterizedContext } from 'koa';

/** In the registry, so that the CommonJS and the ES module copy of this package see each other's. */
const WATCHED = Symbol.for('ferretjs.koa.watched');
const ROUTE = Symbol.for('ferretjs.koa.route');
const MATCHED = Symbol.for('ferretjs.koa.matchedRoute');
const MOUNT_PATH = Symbol.for('ferretjs.koa.mountPath');
const MOUNTS = Symbol.for('ferretjs.koa.mounts');

/** A layer of `@koa/router`. One without methods is middleware (`router.use`), not a route. */
interface Layer {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
}

/** What routers keep on a context; `_matchedRoute` is the private name that `@koa/router` has for the route's pattern. */
interface RoutedContext extends ParameterizedContext {
  readonly matched?: readonly Layer[];
  _matchedRoute?: string | RegExp;
  mountPath?: string;
  [MATCHED]?: string | RegExp;
  [MOUNT_PATH]?: string;
  /** The paths that `koa-mount` has taken off the request's so far, each with those before it. */
  [MOUNTS]?: string[];
}

interface RoutedRequest extends IncomingMessage {
  [ROUTE]?: string;
}

/**
 * Sees which route matches and which error reaches Koa, by accessors and a method on the prototype that all contexts
 * of the application share. A middleware of its own could not: by the time `next()` has returned, `koa-mount` has put
 * the path back, and errors of streams come later still.
 */
export function watchContexts(ctx: ParameterizedContext): void {
  if (!(WATCHED in ctx)) watchPrototype(ctx.app.context);
  adopt(ctx);
}

function watchPrototype(prototype: ParameterizedContext['app']['context']): void {
  const onerror = prototype.onerror as (this: RoutedContext, error: unknown) => void;
  Object.defineProperties(prototype, {
    [WATCHED]: { value: true },
    _matchedRoute: accessor(MATCHED, function (pattern: string | RegExp) {
      if (isRoute(this, pattern)) (this.req as RoutedRequest)[ROUTE] = templateOf(this, pattern);
    }),
    mountPath: accessor(MOUNT_PATH, function (prefix: string) {
      const base = baseOf(this);
      if (base === undefined) return;
      this[MOUNTS] ??= [];
      this[MOUNTS].push(base + prefix.replace(/\/$/, ''));
    }),
    onerror: {
      configurable: true,
      enumerable: true,
      writable: true,
      value: function (this: RoutedContext, error: unknown) {
        if (error !== null && error !== undefined) exceptionThrown(this.req, error);
        return onerror.call(this, error);
      },
    },
  });
}

/** What routers have put on a context before it was watched: the middleware is on a router, or below a mount. */
function adopt(ctx: RoutedContext): void {
  if (!Object.hasOwn(ctx, 'mountPath') && !Object.hasOwn(ctx, '_matchedRoute')) return;
  const { mountPath, _matchedRoute } = ctx;
  delete ctx.mountPath;
  delete ctx._matchedRoute;
  if (mountPath !== undefined) {
    ctx[MOUNT_PATH] = mountPath;
    // It has been taken off the path already; if others have been before it, `baseOf` will see that this is not all.
    ctx[MOUNTS] = [mountPath.replace(/\/$/, '')];
  }
  if (_matchedRoute !== undefined) ctx._matchedRoute = _matchedRoute;
}

/** The whole template of the route that answered; `undefined` if none matched. */
export function routeOf(request: IncomingMessage): string | undefined {
  return (request as RoutedRequest)[ROUTE];
}

/** A property that behaves as it would without Ferret, and tells when it is set. */
function accessor<Key extends typeof MATCHED | typeof MOUNT_PATH>(
  key: Key,
  onSet: (this: RoutedContext, value: NonNullable<RoutedContext[Key]>) => void,
): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: RoutedContext) {
      return this[key];
    },
    set(this: RoutedContext, value: RoutedContext[Key]) {
      this[key] = value;
      if (typeof value === 'string' || value instanceof RegExp) onSet.call(this, value as NonNullable<typeof value>);
    },
  };
}

/** The router also names the middleware it runs on the way to the route. */
function isRoute({ matched }: RoutedContext, pattern: string | RegExp): boolean {
  return matched === undefined || matched.some((layer) => layer.path === pattern && layer.methods.length > 0);
}

/** A pattern without its trailing slash, below the paths it is mounted at. */
function templateOf(ctx: RoutedContext, pattern: string | RegExp): string {
  const own = typeof pattern === 'string' ? pattern.replace(/\/$/, '') : String(pattern);
  return `${ctx[MOUNTS] === undefined ? '' : (baseOf(ctx) ?? '')}${own}` || '/';
}

/**
 * What has been taken off the path by now, if `koa-mount` has taken all of it: the paths it mounts at are fixed, so they
 * are a template's. Anything else that changes the path may take off a concrete value, and is left out.
 */
function baseOf(ctx: RoutedContext): string | undefined {
  const { path, originalUrl } = ctx;
  const question = originalUrl.indexOf('?');
  const original = question === -1 ? originalUrl : originalUrl.slice(0, question);
  const takes = (base: string) => base + path === original || (path === '/' && base === original);
  return ctx[MOUNTS]?.findLast(takes) ?? (takes('') ? '' : undefined);
}
