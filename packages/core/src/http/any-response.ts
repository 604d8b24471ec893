import type { IncomingMessage, ServerResponse } from 'node:http';

/** A response made by Node's server, by HTTP/2, or by a framework or library. */
export type AnyResponse = Partial<ServerResponse> & {
  /** Present on HTTP/2 only: https://nodejs.org/api/http2.html#responsestream. */
  readonly stream?: { readonly destroyed?: boolean; readonly errored?: unknown };
};

/** A request, with the property that Node sets when it emits `upgrade` or `connect` for the connection. */
export type UpgradableRequest = IncomingMessage & { readonly upgrade?: boolean | null };
