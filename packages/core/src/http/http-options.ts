import type { IncomingMessage } from 'node:http';

/**
 * A rule for requests that are not recorded: a path (`/health`), the beginning of a path (`/assets/*`), a route
 * (`/users/:id`), a RegExp over the path, or a function of the request. A function ignores a request only by returning
 * `true`. If it throws, the request is recorded.
 */
export type IgnoreRule = string | RegExp | ((request: IncomingMessage) => boolean);

/** The options of `createFerret` that decide what is recorded of a request. */
export interface HttpOptions {
  readonly ignore: readonly IgnoreRule[];
  readonly traceContext: 'continue' | 'restart' | 'ignore';
  readonly recordExceptions: boolean;
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly clientAddress: boolean;
}
