import { type Application, type Layer, routerOf, stackOf } from './express-types.js';

/** Layers that Express itself puts into a router before all others. */
const BUILT_IN = new Set(['query', 'expressInit']);

/** A query that the parsers of Express 4 parse differently. */
const PROBE = 'a[b]=1&c[]=2&d=3&d=4&hasOwnProperty=5';

/**
 * Returns the settings of an application that its router ignores, because `app.use(ferret())` stands before
 * `app.set(...)`. Express makes the router at the first `use`, with the settings of that moment.
 */
export function lateSettings(app: Application, isFerret: (layer: Layer) => boolean): readonly string[] {
  const stack = stackOf(app);
  const first = stack.find(({ name }) => name === undefined || !BUILT_IN.has(name));
  const router = routerOf(app) as { readonly caseSensitive?: unknown; readonly strict?: unknown } | undefined;
  // If another layer is first, the settings would be late without Ferret, too.
  if (first === undefined || !isFerret(first) || router === undefined || app.get === undefined) return [];
  const late: string[] = [];
  if (Boolean(app.get('case sensitive routing')) !== Boolean(router.caseSensitive)) late.push('case sensitive routing');
  if (Boolean(app.get('strict routing')) !== Boolean(router.strict)) late.push('strict routing');
  const [query] = stack;
  if (query?.name === 'query' && parsesOtherwise(app, query)) late.push('query parser');
  return late;
}

/**
 * Whether the router parses queries differently from the setting. Express 5 reads the setting at each request; Express
 * 4 keeps the first parser.
 */
function parsesOtherwise(app: Application, { handle }: Layer): boolean {
  // A router has the default parser unless told otherwise.
  if (app.get?.('query parser') === 'extended') return false;
  const parser = app.get?.('query parser fn');
  if (typeof parser !== 'function' || typeof handle !== 'function') return false;
  const request = { url: `/?${PROBE}`, query: undefined };
  handle(request, undefined, () => {});
  return JSON.stringify(request.query) !== JSON.stringify(parser(PROBE));
}
