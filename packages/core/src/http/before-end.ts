import type { ServerResponse } from 'node:http';

/**
 * Calls `listener` before the end of a response is sent. Node's own events all come when the client may already have
 * the response, so this wraps `response.end`, and restores it on the first call.
 */
export function beforeEnd(response: ServerResponse, listener: () => void): void {
  const { end } = response;
  if (typeof end !== 'function') return;
  response.end = function ferretEnd(this: ServerResponse, ...parameters: unknown[]) {
    if (response.end === ferretEnd) response.end = end;
    listener();
    return Reflect.apply(end, this, parameters) as ServerResponse;
  } as ServerResponse['end'];
}
