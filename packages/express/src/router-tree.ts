import type { Application, ExpressRequest, Layer } from './express-types.js';
import { stackOf } from './express-types.js';
import { partTaken, registeredPath } from './layer-path.js';

/**
 * Bounds of the search. They exceed the depth and size of real applications, and end the search in a router that
 * contains itself.
 */
const MAX_DEPTH = 20;
const MAX_LAYERS = 10_000;

/** Ways that are remembered for each place. The ways of a router that is mounted more often are searched again. */
const MAX_WAYS = 8;

type Way = readonly Layer[];

const knownWays = new WeakMap<object, Way[]>();

/** Yields every layer of an application, including those of mounted routers. */
export function* layersOf(app: Application): Generator<Layer> {
  for (const way of waysTo(() => true, stackOf(app), { left: MAX_LAYERS })) {
    const layer = way.at(-1);
    if (layer !== undefined) yield layer;
  }
}

/**
 * Finds the template of the part that was removed from the URL on the way to a place in the application's routers, if
 * no trail has it. Searches for a chain of layers that leads to the place and removes the same part of `path`.
 *
 * @param place the place; the ways to it are remembered by this object
 * @param isPlace whether a layer is at the place
 * @param isRest whether the rest of the path fits
 * @returns `undefined` if there is no such way, because the application is called by hand
 */
export function templateOfWay(
  place: object,
  { app }: ExpressRequest,
  isPlace: (layer: Layer) => boolean,
  path: string,
  isRest: (rest: string, layer: Layer) => boolean,
): string | undefined {
  const take = (way: Way) => {
    const taken = takeAll(way.slice(0, -1), path);
    const place = way.at(-1);
    return taken !== undefined && place !== undefined && isRest(taken.rest, place) ? taken.template : undefined;
  };
  const known = knownWays.get(place) ?? [];
  for (const way of known) {
    const template = take(way);
    if (template !== undefined) return template;
  }
  if (app === undefined) return undefined;
  const budget = { left: MAX_LAYERS };
  for (const outer of waysToApplication(app)) {
    for (const inner of waysTo(isPlace, stackOf(app), budget)) {
      const way = [...outer, ...inner];
      const template = take(way);
      if (template === undefined) continue;
      if (known.length < MAX_WAYS) knownWays.set(place, [...known, way]);
      return template;
    }
  }
  return undefined;
}

/** Yields every chain of layers from a router's stack down to a place. */
function* waysTo(
  isPlace: (layer: Layer) => boolean,
  stack: readonly Layer[],
  budget: { left: number },
  depth = 0,
): Generator<Way> {
  if (depth > MAX_DEPTH) return;
  for (const layer of stack) {
    if (--budget.left < 0) return;
    if (isPlace(layer)) yield [layer];
    if (layer.route !== undefined) continue;
    for (const way of waysTo(isPlace, stackOf(layer.handle), budget, depth + 1)) yield [layer, ...way];
  }
}

/**
 * Yields every chain of layers that mounts an application in others. Express names the layer of a mounted application
 * `mounted_app`.
 */
function* waysToApplication(app: Application, depth = 0): Generator<Way> {
  const { parent } = app;
  if (parent === undefined || depth > MAX_DEPTH) {
    yield [];
    return;
  }
  for (const way of waysToApplication(parent, depth + 1)) {
    for (const layer of stackOf(parent)) {
      if (layer.name === 'mounted_app') yield [...way, layer];
    }
  }
}

/** Applies mounts to a path, one after the other. */
function takeAll(mounts: Way, path: string): { readonly template: string; readonly rest: string } | undefined {
  let rest = path;
  let template = '';
  for (const layer of mounts) {
    const from = rest || '/';
    const taken = partTaken(layer, from);
    if (taken === undefined) return undefined;
    rest = rest.slice(taken.length);
    if (!layer.slash && !layer.regexp?.fast_slash) template += registeredPath(layer, () => from) ?? '';
  }
  return { template, rest };
}
