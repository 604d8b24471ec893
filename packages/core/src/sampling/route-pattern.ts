/** What the option `rules` matches routes with. */
export interface RoutePattern {
  readonly method: string | undefined;
  /** The whole route, or its beginning. */
  readonly path: string;
  readonly isPrefix: boolean;
}

/** `/users/:id`, `/api/*`, `GET /users/:id`, or a span's name; `undefined` for what can match nothing. */
export function parsePattern(text: string): RoutePattern | undefined {
  const space = text.indexOf(' ');
  const hasMethod = space > 0 && text[space + 1] === '/' && text.slice(0, space) === text.slice(0, space).toUpperCase();
  const path = hasMethod ? text.slice(space + 1) : text;
  if (path.trim() === '') return undefined;
  const isPrefix = path.endsWith('*');
  return { method: hasMethod ? text.slice(0, space) : undefined, path: isPrefix ? path.slice(0, -1) : path, isPrefix };
}

/** @param route the route template of a request, or the name of any other span */
export function matches(pattern: RoutePattern, method: string | undefined, route: string): boolean {
  if (pattern.method !== undefined && pattern.method !== method) return false;
  return pattern.isPrefix ? route.startsWith(pattern.path) : route === pattern.path;
}

/** Positions of two patterns that one and the same request could match. */
export function findOverlap(routes: readonly string[]): readonly [number, number] | undefined {
  const patterns = routes.map((route) => parsePattern(route)!);
  for (let second = 1; second < patterns.length; second++) {
    const first = patterns.findIndex((pattern, index) => index < second && overlap(pattern, patterns[second]!));
    if (first !== -1) return [first, second];
  }
  return undefined;
}

function overlap(one: RoutePattern, other: RoutePattern): boolean {
  if (one.method !== undefined && other.method !== undefined && one.method !== other.method) return false;
  if (!one.isPrefix && !other.isPrefix) return one.path === other.path;
  const [short, long] = one.path.length <= other.path.length ? [one, other] : [other, one];
  return short.isPrefix && long.path.startsWith(short.path);
}
