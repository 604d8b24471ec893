import type { IncomingMessage } from 'node:http';

/**
 * A request to leave alone: a path (`/health`), the beginning of one (`/assets/*`), a route (`/users/:id`), a RegExp over the path,
 * or a function of the request. A function that throws ignores nothing.
 */
export type IgnoreRule = string | RegExp | ((request: IncomingMessage) => boolean);

/** The options that say what is kept of a request. */
export interface HttpOptions {
  readonly ignore: readonly IgnoreRule[];
  readonly traceContext: 'continue' | 'restart' | 'ignore';
  readonly recordExceptions: boolean;
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly clientAddress: boolean;
}
