import type { ReadableSpan } from './readable-span.js';

/** The HTTP request as its server span says it. */
export interface Request {
  readonly name: string;
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number | undefined;
}

/** Methods that telemetry knows by name (`http.request.method`). Any other method is `_OTHER`. */
const KNOWN_METHODS = new Set([
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY',
]);

/** Attributes of a server span that have a place of their own in Ferret's record. */
export const REQUEST_ATTRIBUTES: ReadonlySet<string> = new Set([
  'http.request.method',
  'http.method',
  'http.route',
  'http.response.status_code',
  'http.status_code',
]);

/** These, and those that tell who the client is: they are recorded only if the option `clientAddress` says so. */
export const PRIVATE_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...REQUEST_ATTRIBUTES,
  'client.address',
  'client.port',
  'network.peer.address',
  'network.peer.port',
  'http.client_ip',
  'net.peer.ip',
  'net.peer.name',
  'net.peer.port',
  'net.sock.peer.addr',
  'net.sock.peer.port',
]);

/** Reads the HTTP request of a server span, by OpenTelemetry's stable names or the older ones. */
export function requestOf(span: ReadableSpan): Request | undefined {
  const { attributes } = span;
  const name = String(span.name);
  const given = attributes['http.request.method'] ?? attributes['http.method'];
  if (typeof given !== 'string') return undefined;
  const method = KNOWN_METHODS.has(given) ? given : '_OTHER';
  const route = attributes['http.route'];
  const status = Number(attributes['http.response.status_code'] ?? attributes['http.status_code']);
  const template = typeof route === 'string' && route !== '' ? route : undefined;
  return {
    name: nameOf(name, given, method, template, pathOf(attributes)),
    method,
    route: template,
    status: Number.isInteger(status) && status >= 100 && status < 1_000 ? status : undefined,
  };
}

/**
 * Names a request `GET /users/:id`, or `GET` if no route matched: never by its path, which older instrumentations use.
 * A name that is none of these is the application's, and stays.
 */
function nameOf(
  name: string,
  given: string,
  method: string,
  route: string | undefined,
  path: string | undefined,
): string {
  const word = method === '_OTHER' ? 'HTTP' : method;
  const rest = [given, 'HTTP', `HTTP ${given}`].find((start) => name === start || name.startsWith(`${start} /`));
  if (rest === undefined) return name;
  if (route !== undefined) return `${word} ${route}`;
  const said = name.slice(rest.length + 1);
  // A name that is neither a route nor the path comes from the application, or an instrumentation of its router.
  return said === '' || said === path || path === undefined ? word : `${word} ${said}`;
}

/** The path of a request, without its query. */
export function pathOf(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const path = attributes['url.path'] ?? attributes['http.target'];
  return typeof path === 'string' ? path.split('?', 1)[0] : undefined;
}
