import type { ServerResponse } from 'node:http';
import { notesOf } from '@ferretjs/core/adapter';
import { type ExpressRequest, pathOf, type Route } from './express-types.js';
import { partTaken, registeredPath } from './layer-path.js';
import { isWatched, watchLayer } from './layer-watch.js';
import { layersOf, templateOfWay } from './router-tree.js';
import { answeringMount, isTrail } from './trail.js';

/**
 * Returns the whole template of the route that answered a request, otherwise of the function mounted at a path that
 * did; `undefined` if neither did.
 */
export function routeOf(request: ExpressRequest, response: ServerResponse): string | undefined {
  const note = notesOf(request)?.note;
  const trail = isTrail(note) ? note : undefined;
  const mounted = trail && answeringMount(trail, request, response.statusCode);
  if (mounted === undefined && trail?.template !== undefined) return trail.template;
  return unseenTemplate(request, mounted) ?? mounted;
}

/**
 * Finds the template of a route that the trail does not have: one that had matched before the span began, or one of a
 * router whose layers cannot be watched or were not known yet. Express keeps such a route on the request.
 *
 * @param mounted the template of the mount that the route may be in
 */
function unseenTemplate(request: ExpressRequest, mounted: string | undefined): string | undefined {
  const { route, app } = request;
  if (!isRoute(route)) return undefined;
  const isOther = !isWatched(route.stack[0]);
  if (mounted !== undefined && !isOther) return undefined;
  if (isOther && app !== undefined) for (const layer of layersOf(app)) watchLayer(layer);
  const path = pathOf(request.originalUrl ?? request.url ?? '');
  const isIt = (layer: { readonly route?: unknown }) => layer.route === route;
  let own = '';
  const base = templateOfWay(route, request, isIt, path, (rest, layer) => {
    own = registeredPath(layer, () => rest || '/') ?? '';
    return partTaken(layer, rest || '/') === rest.replace(/\/$/, '');
  });
  if (base !== undefined) return base + own || '/';
  // The router cannot be seen from the application, so only the route's own path is known.
  const ownPath = registeredPath({ handle: undefined, route }, () => '') ?? '';
  return (mounted === undefined ? '' : mounted.replace(/\/\*$/, '')) + ownPath || '/';
}

/**
 * Whether a value is a route of Express. The application may assign any value to `request.route`; only the path of
 * Express's own object is a pattern.
 */
function isRoute(value: unknown): value is Route & { readonly dispatch: unknown } {
  if (typeof value !== 'object' || value === null || !('path' in value) || !('stack' in value)) return false;
  return Array.isArray(value.stack) && 'dispatch' in value && typeof value.dispatch === 'function';
}
