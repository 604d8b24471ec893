import type { Ferret, FerretOptions } from '@ferretjs/core';
import { exceptionThrown, type FerretInstance, ferretFor, notesOf } from '@ferretjs/core/adapter';
import type { Application, ExpressRequest, FerretErrorMiddleware, FerretMiddleware, Layer } from './express-types.js';
import { watchLayer } from './layer-watch.js';
import { routeOf } from './route-of.js';
import { layersOf, templateOfWay } from './router-tree.js';
import { lateSettings } from './settings.js';
import { createTrail, enterMounted } from './trail.js';

/**
 * Middleware that records every request as a span. Mount it after `app.set(...)` and before all other middleware.
 *
 * @param optionsOrInstance options for an instance, which is shared with other callers that pass equal options; or an
 *   instance. Default: the default Ferret of the process.
 * @throws FerretError `INVALID_OPTION`, only at this call
 * @example
 * const app = express();
 * app.use(ferret());
 */
export function ferret(optionsOrInstance?: FerretOptions | Ferret): FerretMiddleware {
  const instance = ferretFor(optionsOrInstance, true);
  const { http } = instance;
  const known = new WeakSet<Application>();
  const isThis = (layer: Layer) => layer.handle === ferretMiddleware || layer.name === ferretMiddleware.name;
  return ferretMiddleware;

  function ferretMiddleware(...[request, response, next]: Parameters<FerretMiddleware>): void {
    const { app, baseUrl }: ExpressRequest = request;
    if (app !== undefined && !known.has(app)) {
      known.add(app);
      meet(app, isThis, instance);
    }
    if (!baseUrl && !http.options.recordExceptions) http.trace(request, response, routeOf, next);
    else {
      http.trace(request, response, routeOf, () => {
        beginTrail(request, isThis, http.options.recordExceptions);
        next();
      });
    }
  }
}

/**
 * Error middleware that records the exception on the request's span (`exception.*`) and passes it on. Mount it after
 * the routes and before your own error handlers: `app.use(ferret.errors())`.
 */
ferret.errors = (): FerretErrorMiddleware =>
  function ferretErrors(error, request, _response, next) {
    exceptionThrown(request, error);
    next(error);
  };

/** Runs at the first request of an application, when it has its routers and settings. */
function meet(app: Application, isFerret: (layer: Layer) => boolean, instance: FerretInstance): void {
  try {
    for (const layer of layersOf(app)) watchLayer(layer);
    const late = lateSettings(app, isFerret);
    if (late.length > 0) {
      instance.report(
        'SETTINGS_IGNORED',
        `Express ignores ${late.map((setting) => `'${setting}'`).join(', ')}: app.use(ferret()) made the router ` +
          'before app.set(...). Move app.use(ferret()) below app.set(...).',
      );
    }
  } catch {
    // The request continues without it.
  }
}

/** Begins a trail that does not start with the first layer: inside a mounted router, or to receive errors. */
function beginTrail(request: ExpressRequest, isFerret: (layer: Layer) => boolean, recordExceptions: boolean): void {
  try {
    const notes = notesOf(request);
    if (notes === undefined || notes.note !== undefined) return;
    const trail = createTrail(request, recordExceptions ? (error) => exceptionThrown(request, error) : undefined);
    notes.note = trail;
    const { baseUrl } = request;
    if (!baseUrl) return;
    const isAll = (rest: string) => rest === '' || rest === '/';
    enterMounted(trail, request, templateOfWay(isFerret, request, isFerret, baseUrl, isAll));
  } catch {
    // The request continues without it.
  }
}
