import { type Ferret, FerretError, type FerretOptions } from '@ferretjs/core';
import { exceptionThrown, ferretFor, spanOf } from '@ferretjs/core/http';
import type { Middleware, ParameterizedContext } from 'koa';
import { routeOf, watchContexts } from './route-match.js';

/** What Ferret for Koa can be told beyond `FerretOptions`. */
export interface KoaOptions {
  /**
   * The route template a request matched, for routers other than `@koa/router`; called once the response has closed.
   * `undefined`: no route. Never answer with the concrete path: every one would be a name of its own.
   */
  routeOf?: (ctx: ParameterizedContext) => string | undefined;
}

/**
 * Middleware that makes every request a span. Mount it first: `app.use(ferret())`.
 *
 * @param optionsOrInstance Nothing: the process's default Ferret. Options: a new one. A Ferret: that one.
 * @param koaOptions The same as within the options, for use with an instance.
 * @throws FerretError `INVALID_OPTION` at the call, never later.
 * @example
 * const app = new Koa();
 * app.use(ferret());
 */
export function ferret(optionsOrInstance?: (FerretOptions & KoaOptions) | Ferret, koaOptions?: KoaOptions): Middleware {
  const { core, routeOf: ownRouteOf } = separate(optionsOrInstance, koaOptions);
  const { http } = ferretFor(core);
  return function ferretMiddleware(ctx, next) {
    watchContexts(ctx);
    return http.trace(ctx.req, ctx.res, ownRouteOf === undefined ? routeOf : () => guarded(ownRouteOf, ctx), next);
  };
}

/**
 * Middleware that keeps exceptions on the request's span (`exception.*`) and throws them on, for applications that
 * catch them in middleware of their own. Mount it behind that: `app.use(myErrorHandler); app.use(ferret.errors())`.
 * What nobody catches, Koa tells Ferret itself.
 */
ferret.errors = (): Middleware =>
  async function ferretErrors(ctx, next) {
    try {
      await next();
    } catch (error) {
      exceptionThrown(ctx.req, error);
      throw error;
    }
  };

interface Separated {
  readonly core: FerretOptions | Ferret | undefined;
  readonly routeOf: KoaOptions['routeOf'];
}

/** Koa's option apart from those that core knows and checks. */
function separate(
  optionsOrInstance: (FerretOptions & KoaOptions) | Ferret | undefined,
  koaOptions: KoaOptions = {},
): Separated {
  for (const name of Object.keys(koaOptions)) {
    if (name !== 'routeOf') {
      throw new FerretError('INVALID_OPTION', `Ferret: unknown Koa option "${name}". There is: routeOf.`);
    }
  }
  const isOptions = typeof optionsOrInstance === 'object' && 'routeOf' in optionsOrInstance;
  const { routeOf: within, ...core } = isOptions ? optionsOrInstance : {};
  const routeOf = koaOptions.routeOf ?? within;
  if (routeOf !== undefined && typeof routeOf !== 'function') {
    throw new FerretError('INVALID_OPTION', `Ferret: the option routeOf must be a function, not ${typeof routeOf}.`);
  }
  if (!isOptions) return { core: optionsOrInstance as FerretOptions | Ferret | undefined, routeOf };
  // With nothing else said, the default Ferret is meant.
  return { core: Object.keys(core).length === 0 ? undefined : core, routeOf };
}

function guarded(ownRouteOf: NonNullable<KoaOptions['routeOf']>, ctx: ParameterizedContext): string | undefined {
  try {
    return ownRouteOf(ctx);
  } catch (error) {
    spanOf(ctx.req)?.annotate({ 'ferret.route_error': error });
    return undefined;
  }
}
