import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:net';
import { ferretOfRequests } from '@ferretjs/core/adapter';
import { reportFault } from '../fault.js';
import type { Library } from '../library.js';
import { prepareExceptions, routeOfRequest } from '../routes.js';
import { undoWith } from '../undo.js';

/** Events that bring a request. Node emits the others in place of `request` where an application listens to them. */
const REQUEST_EVENTS = new Set<unknown>(['request', 'checkContinue', 'checkExpectation']);

type Emit = (this: Server, event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Requests to servers of `node:http`, `https` and `http2`. All of these inherit from `net.Server`, so that one method
 * hears every request, of whatever framework, before any listener does. Upgrades (WebSockets) are left alone.
 */
export const httpServer: Library = {
  name: 'http-server',
  ways: [{ how: 'node', part: 'http server', start: hearRequests }],
};

function hearRequests(): void {
  const prototype = Server.prototype as unknown as { emit: Emit };
  const { emit: original } = prototype;
  const emit: Emit = function (event, ...args) {
    if (!REQUEST_EVENTS.has(event) || !isRequest(args[0], args[1])) return original.call(this, event, ...args);
    return inSpan(args[0], args[1], () => original.call(this, event, ...args));
  };
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit');
  Object.defineProperty(prototype, 'emit', { value: emit, writable: true, configurable: true, enumerable: false });
  undoWith(() => {
    // Another tool may have wrapped it in the meantime, and calls it: then it stays.
    if (prototype.emit !== emit) return;
    if (own === undefined) Reflect.deleteProperty(prototype, 'emit');
    else Object.defineProperty(prototype, 'emit', own);
  });
}

function inSpan<Result>(request: IncomingMessage, response: unknown, next: () => Result): Result {
  const http = httpTracer();
  if (http === undefined) return next();
  const begin = http.options.recordExceptions
    ? () => {
        prepareExceptions(request);
        return next();
      }
    : next;
  return http.trace(request, response as ServerResponse, routeOfRequest, begin, true);
}

/** Asked for at each request, as the application may make its Ferret after the server has started. */
function httpTracer(): ReturnType<typeof ferretOfRequests>['http'] | undefined {
  try {
    return ferretOfRequests().http;
  } catch (error) {
    // An option in the environment that is not accepted. Requests are answered all the same.
    reportFault('the start of a request', error);
    return undefined;
  }
}

/** A server of another kind may emit an event of that name, too. */
function isRequest(request: unknown, response: unknown): request is IncomingMessage {
  return hasFunction(request, 'on') && 'headers' in request && hasFunction(response, 'writeHead');
}

function hasFunction(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}
