import type { Application, ExpressRequest, Layer, Route } from './express-types.js';

/** Mount paths remembered for each route. Parameterised mounts have no end of them, and are worked out anew beyond. */
const MAX_KNOWN_BASES = 50;

/** Deeper nesting of routers than anyone builds; ends the search in a router that contains itself. */
const MAX_DEPTH = 20;

const known = new WeakMap<Route, Map<string, string>>();

/**
 * The whole template of a route: the paths its routers and sub-applications are mounted at, and its own.
 *
 * Express keeps no template of a mount, only the concrete `baseUrl`. The layers that lead to the route are looked up in
 * the application's router tree instead, and told apart by `baseUrl` where there are several ways. A route that the
 * tree does not show (a router called by hand) is named by its own path alone: never by a concrete value.
 */
export function templateOf(
  route: Route,
  baseUrl: string,
  app: Application | undefined,
  request: ExpressRequest,
): string {
  let templates = known.get(route);
  const template = templates?.get(baseUrl);
  if (template !== undefined) return template;

  const url = request.originalUrl ?? request.url ?? '';
  const found = app === undefined ? undefined : search(route, baseUrl, app, url);
  const result = `${found?.base ?? ''}${found?.own ?? ownPath(route)}` || '/';
  // Of a route with several paths, the next request may match another one.
  if (!Array.isArray(route.path)) {
    if (templates === undefined) {
      templates = new Map();
      known.set(route, templates);
    }
    if (templates.size < MAX_KNOWN_BASES) templates.set(baseUrl, result);
  }
  return result;
}

interface Found {
  readonly base: string;
  readonly own: string;
}

function search(route: Route, baseUrl: string, app: Application, url: string): Found | undefined {
  const rest = pathOf(url).slice(baseUrl.length) || '/';
  for (const outer of waysToApplication(app)) {
    for (const [...inner] of waysToRoute(route, stackOf(app))) {
      const last = inner.pop();
      const base = baseTemplate([...outer, ...inner], baseUrl);
      if (base !== undefined && last !== undefined) return { base, own: ownTemplate(route, last, rest) };
    }
  }
  return undefined;
}

/** Every chain of layers from a router's stack down to the route's own layer. */
function* waysToRoute(route: Route, stack: readonly Layer[], depth = 0): Generator<readonly Layer[]> {
  if (depth > MAX_DEPTH) return;
  for (const layer of stack) {
    if (layer.route === route) yield [layer];
    else if (layer.route === undefined) {
      for (const way of waysToRoute(route, stackOf(layer.handle), depth + 1)) yield [layer, ...way];
    }
  }
}

/** Every chain of layers that mounts the application in others. Express wraps a mounted one in `mounted_app`. */
function* waysToApplication(app: Application): Generator<readonly Layer[]> {
  if (app.parent === undefined) {
    yield [];
    return;
  }
  for (const way of waysToApplication(app.parent)) {
    for (const layer of stackOf(app.parent)) {
      if (layer.name === 'mounted_app') yield [...way, layer];
    }
  }
}

/** The layers of an application (`_router` in Express 4, `router` in 5) or of a router. */
function stackOf(value: unknown): readonly Layer[] {
  if (typeof value !== 'function') return [];
  const holder = value as { _router?: unknown; router?: unknown; stack?: unknown; handle?: unknown; set?: unknown };
  if (Array.isArray(holder.stack)) return holder.stack as Layer[];
  if (holder._router !== undefined) return stackOf(holder._router);
  // In Express 4 the getter `router` throws; it is only asked of what has no `_router` and is an application.
  try {
    return typeof holder.set === 'function' ? stackOf(holder.router) : [];
  } catch {
    return [];
  }
}

/** The template of the mounts, if together they take exactly the concrete `baseUrl`. */
function baseTemplate(mounts: readonly Layer[], baseUrl: string): string | undefined {
  let rest = baseUrl;
  let template = '';
  for (const layer of mounts) {
    const taken = take(layer, rest === '' ? '/' : rest);
    if (taken === undefined) return undefined;
    rest = rest.slice(taken.path.length);
    template += taken.template;
  }
  return rest === '' || rest === '/' ? template : undefined;
}

/** What a layer matches of a path, and the pattern it was registered with. */
function take(layer: Layer, path: string): { readonly path: string; readonly template: string } | undefined {
  if (layer.regexp !== undefined) return takeExpress4(layer.regexp, layer.keys ?? [], path);
  const match = layer.match?.(path);
  if (typeof match !== 'object') return undefined;
  // A pattern with a trailing slash takes the slash too; the router does not count it.
  return { path: match.path.replace(/\/$/, ''), template: patternText(match.pattern) };
}

/**
 * Express 4 keeps only the regular expression it made of a path, so the template is the path matched, with each group
 * replaced by its parameter's name. An expression the application wrote itself stands for itself.
 */
function takeExpress4(
  regexp: RegExp & { readonly fast_slash?: boolean },
  keys: readonly { readonly name: string | number }[],
  path: string,
): { readonly path: string; readonly template: string } | undefined {
  if (regexp.fast_slash) return { path: '', template: '' };
  const match = new RegExp(regexp.source, `${regexp.flags}d`).exec(path);
  if (match === null) return undefined;
  const taken = match[0].replace(/\/$/, '');
  if (!/\(\?=\\\/\|\$\)$|\\\/\?\$$/.test(regexp.source)) return { path: taken, template: String(regexp) };
  let template = '';
  let at = 0;
  for (const [index, key] of keys.entries()) {
    const group = match.indices?.[index + 1];
    if (group === undefined) continue;
    template += `${path.slice(at, group[0])}${typeof key.name === 'string' ? `:${key.name}` : '*'}`;
    at = group[1];
  }
  template += path.slice(at, taken.length);
  return { path: taken, template: regexp.ignoreCase ? respell(template, regexp.source) : template };
}

/** `/API/t/:x` as it was registered, `/api/t/:x`: clients must not be able to make names by varying case. */
function respell(template: string, source: string): string {
  const registered = source.replaceAll('\\', '');
  const folded = registered.toLowerCase();
  return template.replace(/\/[^/:*]+(?=\/|$)/g, (segment) => {
    const at = folded.indexOf(segment.toLowerCase());
    return at === -1 ? segment.toLowerCase() : registered.slice(at, at + segment.length);
  });
}

/** The route's own path; of several, the one that matched. */
function ownTemplate(route: Route, layer: Layer, rest: string): string {
  return Array.isArray(route.path) ? (take(layer, rest)?.template ?? ownPath(route)) : ownPath(route);
}

function ownPath(route: Route): string {
  return patternText(Array.isArray(route.path) ? route.path[0] : route.path);
}

/** A pattern without its trailing slashes, which mean nothing to a router; an expression as it is. */
function patternText(pattern: unknown): string {
  return typeof pattern === 'string' ? pattern.replace(/\/+$/, '') : String(pattern);
}

function pathOf(url: string): string {
  const question = url.indexOf('?');
  return question === -1 ? url : url.slice(0, question);
}
