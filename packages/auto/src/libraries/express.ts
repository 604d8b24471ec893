import { noteExceptions, routeOf, watchLayer } from '@ferretjs/express/routes';
import type { HookWay, Library } from '../library.js';
import { findRoutesOf, prepareExceptionsOf } from '../routes.js';
import { patchApplication } from './express-views.js';

/**
 * Routes of Express: layers of its routers tell of each match. Express 5 has its router in a package of its own. Views
 * that are rendered are spans.
 */
export const express: Library = {
  name: 'express',
  ways: [
    { how: 'hook', package: 'express', versions: '>=4.17 <5', file: 'lib/router/layer.js', patch },
    routerBelow('express', '>=5 <6'),
    routerBelow('@nestjs/platform-express', '>=11 <13'),
    viewsOf('>=4.17 <5'),
    viewsOf('>=5 <6'),
  ],
};

function routerBelow(name: string, versions: string): HookWay {
  const below = { package: name, versions };
  return { how: 'hook', package: 'router', versions: '>=2 <3', below, file: 'lib/layer.js', patch };
}

function viewsOf(versions: string): HookWay {
  return { how: 'hook', package: 'express', versions, file: 'lib/application.js', patch: patchApplication };
}

/** The route by which Nest 12 answers that there is none below its global prefix: `/api*path`. */
const NEST_NOT_FOUND = /[^/{]\*path$/;

function patch(layer: unknown): void {
  if (typeof layer !== 'function') throw new TypeError('lib/layer.js does not export a function.');
  watchLayer(Object.create(layer.prototype as object));
  prepareExceptionsOf('express', noteExceptions);
  findRoutesOf('express', (request, response) => {
    const route = routeOf(request, response);
    return route !== undefined && response.statusCode === 404 && NEST_NOT_FOUND.test(route) ? undefined : route;
  });
}
