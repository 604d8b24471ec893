import type { IncomingMessage, ServerResponse } from 'node:http';

/** What this package looks at of Express 4 and 5, where their public types do not show it. */
export interface Route {
  readonly path: string | RegExp | readonly (string | RegExp)[];
}

/** One entry of a router's stack. */
export interface Layer {
  readonly name: string;
  readonly route?: Route | undefined;
  readonly handle: unknown;
  /** Router 2.3: the path it was registered with. */
  readonly rawPath?: unknown;
  /** Router 2: pure since 2.3, where it returns the part of the path that matched and the pattern. */
  match?(path: string): boolean | { readonly path: string; readonly pattern: unknown };
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly { readonly name: string | number }[];
}

export interface Application {
  readonly request: object;
  /** The application this one is mounted in. */
  readonly parent?: Application;
}

export interface ExpressRequest extends IncomingMessage {
  readonly app?: Application;
  readonly res?: ServerResponse;
  readonly baseUrl?: string;
  readonly originalUrl?: string;
  route?: Route;
}
