/** Names remembered of one method before the memory is emptied; templates are few, but an app may make them of data. */
const MAX_NAMES = 2_000;

const namesOf = new Map<string, Map<string, string>>();

/**
 * The name of a request with a route: `GET /users/:id`. The same text is the same string each time: its hash is known then,
 * which saves 100 ns wherever it is looked up (statistics, sampler, dictionary).
 *
 * @param method one of the known methods, or `HTTP`
 */
export function requestName(method: string, route: string): string {
  let names = namesOf.get(method);
  if (names === undefined) {
    names = new Map();
    namesOf.set(method, names);
  }
  let name = names.get(route);
  if (name === undefined) {
    name = `${method} ${route}`;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(route, name);
  }
  return name;
}
