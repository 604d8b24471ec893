import { type Ferret, FerretError, type FerretOptions } from '@ferretjs/core';
import { ferretFor, spanOf } from '@ferretjs/core/adapter';
import type { Middleware, ParameterizedContext } from 'koa';
import { routeOf, tell, watch } from './watch.js';

/** Options of Ferret for Koa in addition to `FerretOptions`. */
export interface KoaOptions {
  /**
   * Returns the route template that a request matched, for routers other than `@koa/router`; `undefined` if no route
   * matched. Called once the response has closed. Must never return the concrete path, because each path would be a
   * separate name. If it throws, the span has no route, and `ferret.route_error`. Default: the route of `@koa/router`,
   * and the paths of `koa-mount`.
   */
  routeOf?: (ctx: ParameterizedContext) => string | undefined;
}

/**
 * Middleware that records every request as a span. Mount it first: `app.use(ferret())`.
 *
 * @param optionsOrInstance options for an instance, which is shared with other callers that pass equal options; or an
 *   instance. Default: the default Ferret of the process.
 * @param koaOptions the options of Koa, for use with an instance; they may also be among the other options
 * @throws FerretError `INVALID_OPTION`, only at this call
 * @example
 * const app = new Koa();
 * app.use(ferret());
 */
export function ferret(optionsOrInstance?: (FerretOptions & KoaOptions) | Ferret, koaOptions?: KoaOptions): Middleware {
  const { core, routeOf: find = routeOf } = separate(optionsOrInstance, koaOptions);
  const { http } = ferretFor(core, true);
  return function ferretMiddleware(ctx, next) {
    if (http.isEnabled) watch(ctx);
    return http.trace(ctx.req, ctx.res, () => guarded(find, ctx), next);
  };
}

/**
 * Middleware that records exceptions on the request's span (`exception.*`) and rethrows them, for applications that
 * catch them in middleware of their own. Mount it after that middleware: `app.use(myErrorHandler);
 * app.use(ferret.errors())`. Exceptions that the application does not catch are recorded without it.
 */
ferret.errors = (): Middleware =>
  async function ferretErrors(ctx, next) {
    try {
      await next();
    } catch (error) {
      tell(ctx, error);
      throw error;
    }
  };

interface Separated {
  readonly core: FerretOptions | Ferret | undefined;
  readonly routeOf: KoaOptions['routeOf'];
}

/** Separates Koa's option from those that core checks. */
function separate(
  optionsOrInstance: (FerretOptions & KoaOptions) | Ferret | undefined,
  koaOptions: KoaOptions = {},
): Separated {
  for (const name of Object.keys(koaOptions)) {
    if (name !== 'routeOf') {
      throw new FerretError('INVALID_OPTION', `Ferret: there is no Koa option ${name}. The option is routeOf.`);
    }
  }
  const isOptions = typeof optionsOrInstance === 'object' && 'routeOf' in optionsOrInstance;
  const { routeOf: within, ...core } = isOptions ? optionsOrInstance : {};
  const routeOf = koaOptions.routeOf ?? within;
  if (routeOf !== undefined && typeof routeOf !== 'function') {
    throw new FerretError('INVALID_OPTION', `Ferret: the option routeOf must be a function, not ${typeof routeOf}.`);
  }
  if (!isOptions) return { core: optionsOrInstance as FerretOptions | Ferret | undefined, routeOf };
  // No other options mean the default Ferret.
  return { core: Object.keys(core).length === 0 ? undefined : core, routeOf };
}

function guarded(find: NonNullable<KoaOptions['routeOf']>, ctx: ParameterizedContext): string | undefined {
  try {
    return find(ctx);
  } catch (error) {
    spanOf(ctx.req)?.annotate({ 'ferret.route_error': error });
    return undefined;
  }
}
