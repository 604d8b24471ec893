import { types } from 'node:util';
import { originalPath, type RoutedContext, read } from './routed-context.js';

/** A layer of `@koa/router`. A layer without methods is middleware (`router.use`), not a route. */
interface Layer {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
}

/** The properties that routers had set on a context when it was last read. */
export interface Seen {
  readonly pattern: unknown;
  readonly matched: unknown;
  readonly count: number;
}

/** Characters that mark a parameter in the path of a route, in the syntaxes of all routers. */
const PARAMETER = /[:*+(){}[\]<>]/;

export function seenOf(ctx: RoutedContext): Seen {
  const matched = read(ctx, 'matched');
  return { pattern: read(ctx, '_matchedRoute'), matched, count: Array.isArray(matched) ? matched.length : 0 };
}

/**
 * Finds the pattern of the route that matched since `seen`; `undefined` if none did.
 *
 * `_matchedRoute` is the layer that ran last, from version 9 of `@koa/router` on. In versions 7 and 8 it is the last
 * layer that matched, and in all versions it may be middleware. In those cases the route is the last layer that is a
 * route for the method.
 */
export function matchedRoute(ctx: RoutedContext, seen: Seen | undefined): string | RegExp | undefined {
  const pattern = read(ctx, '_matchedRoute');
  const matched = read(ctx, 'matched');
  const isNew = pattern !== seen?.pattern;
  if (!Array.isArray(matched)) return isNew && isTemplate(ctx, pattern) ? pattern : undefined;
  const from = matched === seen?.matched ? seen.count : 0;
  let last: string | RegExp | undefined;
  for (let index = 0; index < matched.length; index += 1) {
    const layer: unknown = matched[index];
    if (!isRoute(layer)) continue;
    if (layer.path === pattern && (isNew || index >= from)) return layer.path;
    if (index >= from && layer.methods.includes(ctx.method)) last = layer.path;
  }
  return last;
}

function isRoute(layer: unknown): layer is Layer {
  const { path, methods } = (layer ?? {}) as Partial<Layer>;
  return (typeof path === 'string' || types.isRegExp(path)) && Array.isArray(methods) && methods.length > 0;
}

/**
 * Whether a pattern of an unknown router comes from the application's code: it has a parameter, and the client cannot
 * have written that into the path.
 */
function isTemplate(ctx: RoutedContext, pattern: unknown): pattern is string | RegExp {
  if (typeof pattern !== 'string') return types.isRegExp(pattern);
  const [path = ''] = pattern.split('?', 1);
  return PARAMETER.test(path) && !PARAMETER.test(decoded(originalPath(ctx)));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
