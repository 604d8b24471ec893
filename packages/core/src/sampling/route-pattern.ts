/** A route pattern of the option `rules`. */
export interface RoutePattern {
  readonly method: string | undefined;
  /** The whole route, or the beginning of it. */
  readonly path: string;
  readonly isPrefix: boolean;
}

/**
 * Parses `/users/:id`, `/api/*`, `GET /users/:id`, or the name of a span. Returns `undefined` for a pattern that can
 * match nothing.
 */
export function parsePattern(text: string): RoutePattern | undefined {
  const space = text.indexOf(' ');
  const hasMethod = space > 0 && text[space + 1] === '/' && text.slice(0, space) === text.slice(0, space).toUpperCase();
  const path = hasMethod ? text.slice(space + 1) : text;
  if (path.trim() === '') return undefined;
  const isPrefix = path.endsWith('*');
  return { method: hasMethod ? text.slice(0, space) : undefined, path: isPrefix ? path.slice(0, -1) : path, isPrefix };
}

/**
 * Whether a pattern matches a route.
 *
 * @param route the route template of a request, or the name of any other span
 */
export function matches(pattern: RoutePattern, method: string | undefined, route: string): boolean {
  if (pattern.method !== undefined && pattern.method !== method) return false;
  return pattern.isPrefix ? route.startsWith(pattern.path) : route === pattern.path;
}

const PLAIN_SEGMENT = /^[\w.~-]*$/;
const PARAMETER = /^:\w+$/;

/**
 * Whether a request may belong to a route that a pattern matches, judged by its path. Returns `true` if this is
 * uncertain: the path is not known, or the pattern has parts that only the framework understands. Patterns for names
 * that are not routes match no request.
 */
export function mayMatch(pattern: RoutePattern, method: string | undefined, path: string | undefined): boolean {
  if (pattern.method !== undefined && pattern.method !== method) return false;
  if (!pattern.path.startsWith('/')) return pattern.isPrefix && pattern.path === '';
  if (path === undefined) return true;
  // Frameworks ignore case and a slash at the end.
  const segments = path.toLowerCase().split('/');
  const expected = pattern.path.toLowerCase().split('/');
  for (const [index, wanted] of expected.entries()) {
    const isCut = pattern.isPrefix && index === expected.length - 1;
    if (!PARAMETER.test(wanted) && !PLAIN_SEGMENT.test(wanted)) return true;
    const found = segments[index];
    if (found === undefined) return wanted === '' && !pattern.isPrefix;
    if (PARAMETER.test(wanted) || found.includes('%')) continue;
    if (isCut ? !found.startsWith(wanted) : found !== wanted) return false;
  }
  return pattern.isPrefix || segments.slice(expected.length).every((segment) => segment === '');
}

/** Returns the positions of two patterns that the same request could match. */
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
